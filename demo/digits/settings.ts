import { learningRates, type TrainRequest } from "./request.ts";

/** Networks that read digits, as the page offers them. */
export const networkTitles = { lenet5: "LeNet-5", mnistKeras: "Keras' MNIST network" } as const;
export type NetworkName = keyof typeof networkTitles;

/** Where the images come from. Those that were opened or downloaded are kept in the browser's storage. */
export type DataChoice =
  | { readonly kind: "drawn" }
  | { readonly kind: "mnist" }
  /** IDX files of the person's own. */
  | { readonly kind: "files" }
  /** Files that the server of the command line shows below a URL. */
  | { readonly kind: "served"; readonly name: string; readonly url: string };

/** What a training is started with. */
export interface Settings
  extends Pick<TrainRequest, "epochs" | "batch" | "optimizer" | "learningRate" | "seed" | "limit"> {
  readonly network: NetworkName;
  readonly data: DataChoice;
  /** Share of the activations that are dropped, in the network that has dropout. */
  readonly dropout: number;
}

/** What may change while a network trains. */
export type LiveSettings = Partial<Pick<Settings, "learningRate" | "epochs">>;

/** The request of the command line as the page's settings. */
export function settingsOf({ data, epochs, batch, optimizer, learningRate, seed, limit }: TrainRequest): Settings {
  return {
    network: "lenet5",
    data: data.url === null ? { kind: "drawn" } : { kind: "served", name: data.name, url: data.url },
    dropout: 0.5,
    epochs,
    batch,
    optimizer,
    learningRate,
    seed,
    limit,
  };
}

/** The rate that suits an optimizer at batches of 64. */
export function usualRate(optimizer: Settings["optimizer"]): number {
  return learningRates[optimizer];
}

/** Settings from the notes of a checkpoint; null where there are none that this page understands. */
export function readSettings(text: string | undefined): Settings | null {
  if (text === undefined) return null;
  const found = JSON.parse(text) as Partial<Settings>;
  const known = found.network !== undefined && found.network in networkTitles && found.data?.kind !== undefined;
  return known ? (found as Settings) : null;
}
