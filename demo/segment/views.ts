import type { Colour } from "../../src/data/maskImage.ts";

/** What lies over the picture: the class of each pixel, how probable one class is, or how unsure the network is. */
export type ViewKind = "mask" | "probability" | "doubt";

export interface View {
  readonly kind: ViewKind;
  /** Whose probability is shown. */
  readonly label: number;
}

/**
 * Colours of the classes: those that colour-blind eyes tell apart best (Okabe and Ito 2008), the first two farthest
 * from each other.
 */
export const classColours: readonly Colour[] = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [204, 121, 167],
  [240, 228, 66],
  [213, 94, 0],
];

/** Doubt is shown in the colour of no class. */
const doubtColour: Colour = [255, 0, 128];

/** What a network says of a picture. */
export interface Prediction {
  readonly width: number;
  readonly height: number;
  /** Classes of the network. */
  readonly classes: number;
  /** [height, width, classes] */
  readonly probabilities: Float32Array;
}

/** The most probable of the classes that are answers, for each pixel. */
export function maskOf(prediction: Prediction, answers: readonly number[]): Uint8Array<ArrayBuffer> {
  const { width, height } = prediction;
  const mask = new Uint8Array(width * height);
  eachPixel(prediction, answers, (pixel, best) => {
    mask[pixel] = best;
  });
  return mask;
}

/** The prediction as colours, transparent where there is nothing to say. */
export function renderView(prediction: Prediction, answers: readonly number[], { kind, label }: View): ImageData {
  const { width, height } = prediction;
  const picture = new ImageData(width, height);
  const { data } = picture;
  eachPixel(prediction, answers, (pixel, best, first, second, share) => {
    const [red, green, blue] = classColours[kind === "probability" ? label : best] ?? doubtColour;
    const at = 4 * pixel;
    data[at] = kind === "doubt" ? doubtColour[0] : red;
    data[at + 1] = kind === "doubt" ? doubtColour[1] : green;
    data[at + 2] = kind === "doubt" ? doubtColour[2] : blue;
    const doubt = answers.length > 1 ? 1 - (first - second) : 0;
    data[at + 3] = 255 * (kind === "mask" ? 1 : kind === "doubt" ? doubt : share(label));
  });
  return picture;
}

/** For each pixel: the best class, its share and the next one's, and that of any other. */
function eachPixel(
  { width, height, classes, probabilities }: Prediction,
  answers: readonly number[],
  visit: (pixel: number, best: number, first: number, second: number, share: (label: number) => number) => void,
): void {
  let at = 0;
  let sum = 1;
  const share = (label: number) => (answers.includes(label) ? (probabilities[at + label] ?? 0) / sum : 0);
  for (let pixel = 0; pixel < width * height; pixel++) {
    at = pixel * classes;
    let best = answers[0] ?? 0;
    let first = 0;
    let second = 0;
    sum = 1e-12;
    for (const label of answers) {
      const probability = probabilities[at + label] ?? 0;
      sum += probability;
      if (probability > first) {
        second = first;
        first = probability;
        best = label;
      } else if (probability > second) second = probability;
    }
    visit(pixel, best, first / sum, second / sum, share);
  }
}
