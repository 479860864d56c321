/** A stream that needs no camera: bright discs drift over a noisy ground. Its frames can be drawn with their masks too. */
const side = 96;

/** Discs at a time, in milliseconds. */
function discsAt(time: number, seed: number) {
  return [0, 1, 2].map((i) => {
    const phase = time / 1500 + seed + 2.1 * i;
    return {
      x: side * (0.5 + 0.35 * Math.cos(phase)),
      y: side * (0.5 + 0.35 * Math.sin(1.3 * phase + i)),
      radius: side * (0.1 + 0.03 * i),
    };
  });
}

function draw(context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D, time: number, seed: number): void {
  const ground = context.createImageData(side, side);
  for (let i = 0; i < ground.data.length; i += 4) {
    const level = 60 + 60 * Math.random();
    ground.data.set([level, level, level + 30, 255], i);
  }
  context.putImageData(ground, 0, 0);
  for (const { x, y, radius } of discsAt(time, seed)) {
    context.fillStyle = "rgb(220 150 110)";
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  }
}

/** The stream, as a camera's would come. */
export function discStream(): MediaStream {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: side, height: side });
  const context = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  const onFrame = (time: number) => {
    draw(context, time, 0);
    requestAnimationFrame(onFrame);
  };
  onFrame(0);
  return canvas.captureStream();
}

/** Frames of such streams with the mask of their discs, to learn from: bytes [count, side, side, 3] and [count, side, side]. */
export function labelledFrames(count: number) {
  const images = new Uint8Array(count * side * side * 3);
  const masks = new Uint8Array(count * side * side);
  const context = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
  for (let frame = 0; frame < count && context; frame++) {
    const time = 700 * frame;
    draw(context, time, frame);
    const { data } = context.getImageData(0, 0, side, side);
    const discs = discsAt(time, frame);
    for (let i = 0; i < side * side; i++) {
      const at = frame * side * side + i;
      images.set(data.subarray(4 * i, 4 * i + 3), 3 * at);
      const [x, y] = [i % side, Math.floor(i / side)];
      masks[at] = discs.some((disc) => Math.hypot(x + 0.5 - disc.x, y + 0.5 - disc.y) < disc.radius) ? 1 : 0;
    }
  }
  return { images, masks, count, height: side, width: side, channels: 3, classes: ["ground", "disc"], name: "discs" };
}
