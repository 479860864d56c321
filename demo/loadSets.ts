import { digitCounts, type ImageSets, readPickedSets, readServedSets, takeFirst } from "./data.ts";
import type { TrainRequest } from "./request.ts";

/** The images that a request names; `picked` are the files of the form, null for those of the request. */
export async function loadSets({ data, limit }: TrainRequest, picked: readonly File[] | null): Promise<ImageSets> {
  if (!picked && data.url === null) {
    return drawBeside({ train: Math.min(limit ?? digitCounts.train, digitCounts.train), test: digitCounts.test });
  }
  const sets = await (picked ? readPickedSets(picked) : readServedSets(data.url ?? "", data.name));
  return limit === null ? sets : { ...sets, train: takeFirst(sets.train, limit) };
}

/** Drawing thousands of digits takes seconds, so a worker does it. */
function drawBeside(counts: { readonly train: number; readonly test: number }): Promise<ImageSets> {
  const worker = new Worker(new URL("./drawWorker.ts", import.meta.url), { type: "module" });
  return new Promise<ImageSets>((done, fail) => {
    worker.onmessage = ({ data }: MessageEvent<ImageSets>) => done(data);
    worker.onerror = ({ message }) => fail(new Error(`The digits could not be drawn: ${message || "no worker"}`));
    worker.postMessage(counts);
  }).finally(() => worker.terminate());
}
