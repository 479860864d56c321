/** The demo page: trains LeNet-5 and lets a person try it. */
import { type Dataset, imageDataset } from "../src/data/imageDataset.ts";
import { Gpu } from "../src/gpu/gpu.ts";
import type { Model } from "../src/nn/model.ts";
import { compileModel } from "./compileModel.ts";
import { canvasSide, digitScaling, type ImageSets } from "./data.ts";
import { element, showPercent } from "./elements.ts";
import { Form } from "./form.ts";
import { loadSets } from "./loadSets.ts";
import { showNotice } from "./notice.ts";
import { Panel } from "./panel.ts";
import type { TrainRequest } from "./request.ts";
import { showConfusion, showGallery } from "./results.ts";
import { SketchPad } from "./sketchPad.ts";

// What nobody caught is shown, too, rather than left to the console.
addEventListener("error", ({ error, message }) => showNotice(error ?? message));
addEventListener("unhandledrejection", ({ reason }) => showNotice(reason));

const start = element("start", HTMLButtonElement);
const save = element("save", HTMLButtonElement);
const settings = element("settings", HTMLFieldSetElement);

const form = new Form(location.search);
const panel = new Panel();
const pad = new SketchPad(showNotice);

let gpu: Gpu | null = null;
let model: Model | null = null;
/** Of the training under way. */
let stop: AbortController | null = null;

element("controls", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  if (stop) stop.abort();
  else void run();
});
save.addEventListener("click", () => void saveWeights().catch(showNotice));
await openGpu();
// The command line asks for the training, so that a person who runs it sees it learn without another word.
if (gpu && new URLSearchParams(location.search).has("start")) void run();

async function openGpu(): Promise<void> {
  const chip = element("adapter", HTMLParagraphElement);
  try {
    gpu = await Gpu.create();
    const { vendor, architecture, description, software } = gpu.adapter;
    chip.textContent = `${[vendor, architecture, description].filter(Boolean).join(" ") || "unknown GPU"} · ${software ? "software" : "hardware"}`;
    void gpu.lost.then((error) => {
      gpu = null;
      chip.textContent = "GPU lost";
      pad.setModel(null);
      showNotice(error);
    });
    settings.disabled = false;
    start.disabled = false;
    panel.say("Ready.", 0);
  } catch (error) {
    chip.textContent = "no WebGPU";
    panel.say("Training needs WebGPU.", 0);
    showNotice(error);
  }
}

/** One training, from the press of the button to the end, with the page's buttons. */
async function run(): Promise<void> {
  stop = new AbortController();
  settings.disabled = true;
  save.disabled = true;
  start.textContent = "Stop";
  start.classList.add("stop");
  showNotice(null);
  try {
    if (!gpu) await openGpu();
    if (gpu) panel.say(await train(gpu, stop.signal), 1);
  } catch (error) {
    panel.say("The training failed.", 0);
    showNotice(error);
  } finally {
    stop = null;
    settings.disabled = false;
    save.disabled = model === null;
    start.textContent = model ? "Train again" : "Train";
    start.classList.remove("stop");
  }
}

/** Answers how it ended. */
async function train(gpu: Gpu, signal: AbortSignal): Promise<string> {
  const { request, picked } = form.read();
  panel.say(picked || request.data.url ? "Reading the images …" : "Drawing the digits …");
  const sets = await loadSets(request, picked);
  pad.setModel(null);
  model?.dispose();
  model = null;
  const [trainData, testData] = [sets.train, sets.test].map((set) =>
    imageDataset(gpu, set, { ...digitScaling, height: canvasSide, width: canvasSide }),
  );
  if (!trainData || !testData) throw new Error("two sets make two data sets");
  try {
    model = await compileModel(gpu, request, (done, total) => {
      if (!model?.stepsDone) panel.say(`Compiling kernels: ${done} of ${total}`, done / total);
    });
    return await fitAndTest(model, request, sets, { trainData, testData }, signal);
  } finally {
    trainData.dispose();
    testData.dispose();
  }
}

interface Data {
  readonly trainData: Dataset;
  readonly testData: Dataset;
}

async function fitAndTest(
  model: Model,
  { epochs, batch }: TrainRequest,
  { test }: ImageSets,
  { trainData, testData }: Data,
  signal: AbortSignal,
): Promise<string> {
  panel.begin(epochs);
  showConfusion(null);
  pad.setModel(model);
  for await (const progress of model.fit(trainData, { epochs, batchSize: batch, validationData: testData, signal })) {
    panel.show(progress);
    if (progress.epochEnd) {
      await showGallery(model, test, batch);
      pad.classify();
    }
  }
  panel.say("Testing …");
  const { accuracy, confusion } = await model.evaluate(testData, { batchSize: batch });
  panel.showTest(accuracy);
  showConfusion(confusion);
  await showGallery(model, test, batch);
  const ending = signal.aborted ? "Stopped" : "Done";
  return `${ending}: ${showPercent(accuracy)} of ${test.count.toLocaleString("en")} test digits are read right.`;
}

async function saveWeights(): Promise<void> {
  if (!model) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([await model.saveWeights()]));
  link.download = "lenet5.safetensors";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
