import * as Comlink from "comlink";
import { Turns } from "../../src/core/turns.ts";
import { download, find, isNetworkFile, onFiles } from "../shell/elements.ts";
import type { Inspection } from "../shell/inspection.ts";
import { isGpuGone, waitingForGpu } from "../shell/lostGpu.ts";
import type { Shell } from "../shell/shell.ts";
import { StatusLine } from "../shell/statusLine.ts";
import type { InspectOptions } from "../shell/tab.ts";
import { Curves } from "./curves.ts";
import { Form } from "./form.ts";
import { Latest } from "./latest.ts";
import { Pad } from "./pad.ts";
import type { Progress } from "./session.ts";
import { networkTitles, type Settings } from "./settings.ts";
import { Verdicts } from "./verdicts.ts";
import { Views } from "./views.ts";
import type { Audience, DigitsWorker } from "./worker.ts";

/** `making`: no network yet, or another one soon. `gone`: the GPU is, and the training is kept until there is another. */
type State = "making" | "paused" | "running" | "gone" | "failed";

const makingText = "Making the network …";

/** How often the layers are looked through again while a network learns. */
const lookMs = 400;

/** The page's side of a training: its controls, and what they make the worker do. */
export class Training {
  readonly #host: HTMLElement;
  readonly #shell: Shell;
  readonly #status: StatusLine;
  readonly #form: Form;
  readonly #curves: Curves;
  readonly #verdicts: Verdicts;
  readonly #views: Views;
  readonly #pad: Pad;
  readonly #worker: Comlink.Remote<DigitsWorker>;
  #state: State = "making";
  #progress: Progress | null = null;
  #isVisible = true;
  /** One network is made at a time, in the order in which they were asked for. */
  readonly #turns = new Turns();
  readonly #look = new Latest(() => this.#lookThrough());
  #lookedAt = 0;

  constructor(host: HTMLElement, shell: Shell, settings: Settings) {
    this.#host = host;
    this.#shell = shell;
    this.#status = new StatusLine(host, "digits");
    this.#form = new Form(host, settings);
    this.#curves = new Curves(host);
    this.#verdicts = new Verdicts(host);
    this.#views = new Views(host);
    this.#pad = new Pad(host, () => this.#look.ask());
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "digits" });
    worker.onerror = ({ message }) => {
      shell.notice(new Error(`The worker failed: ${message || "it did not start"}`));
      this.#setState("failed");
    };
    this.#worker = Comlink.wrap<DigitsWorker>(worker);
    this.#listen();
  }

  /** Makes the first network; `starts` trains it, too. Offers what an earlier visit left, otherwise. */
  async open(starts: boolean): Promise<void> {
    await this.#make(async () => {
      await this.#worker.listen(Comlink.proxy(this.#audience));
      if (!starts) await this.#offer("A training of your last visit was kept");
      await this.#build();
    });
    if (starts && this.#state === "paused") await this.#start();
  }

  setVisible(isVisible: boolean): void {
    this.#isVisible = isVisible;
    if (isVisible) this.#look.ask();
  }

  async inspect(options: InspectOptions): Promise<Inspection> {
    return this.#worker.inspect(options);
  }

  /** Takes files that were dropped: a network, or images. */
  take(files: readonly File[]): void {
    const [first] = files;
    if (first && isNetworkFile(first)) void this.#openNetwork(first);
    else void this.#openImages(files);
  }

  get #audience(): Audience {
    return {
      say: (text, part) => {
        if (this.#state === "making") this.#status.say(text, part, makingText);
      },
      progress: (progress, rows, whole) => {
        this.#progress = progress;
        this.#curves.show(progress, rows, whole);
        this.#showState();
        if (performance.now() - this.#lookedAt > lookMs) this.#look.ask();
      },
      judged: (verdict) => {
        this.#verdicts.show(verdict);
        this.#curves.showTest(verdict.accuracy);
      },
      lost: () => {
        if (this.#state === "running") this.#status.say(waitingForGpu);
      },
      unkept: (reason) => {
        const save = "What is learned stays here until you leave; Save makes a file of it.";
        this.#shell.notice(`Nothing can be kept for your next visit: ${reason}. ${save}`);
      },
    };
  }

  #listen(): void {
    const on = (id: string, act: () => Promise<void>) => {
      this.#button(id).addEventListener("click", () => void act().catch((error) => this.#shell.notice(error)));
    };
    on("start", () => (this.#state === "running" ? this.#worker.pause() : this.#start()));
    on("step", () => this.#worker.step());
    on("reset", () => this.#reset());
    on("save", () => this.#save());
    on("csv", () => this.#saveCurves("csv"));
    on("events", () => this.#saveCurves("tensorBoard"));
    on("example", async () => this.#pad.show(await this.#worker.example()));
    on("resume", () => this.#resume());
    on("discard", async () => {
      this.#hideOffer();
      await this.#worker.forget();
    });
    onFiles(find(this.#host, "#digits-open", HTMLInputElement), ([file]) => this.#openNetwork(file));
    onFiles(find(this.#host, "#digits-picked", HTMLInputElement), (files) => this.#openImages(files));
    this.#form.onChange({
      live: () => void this.#worker.change(this.#form.live),
      waiting: () => this.#onWaiting(),
    });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden && this.#state === "running") void this.#worker.keep();
    });
  }

  async #start(): Promise<void> {
    if (!this.#form.isValid) return;
    this.#hideOffer();
    this.#shell.notice(null);
    this.#setState("running");
    const failure = await this.#worker.start().then(
      () => null,
      (error: unknown) => ({ error }),
    );
    // It may have ended for another network, which is being made.
    if (this.#state !== "running") return;
    if (failure) await this.#fail(failure.error, "paused");
    else this.#setState("paused");
  }

  /** Shows what went wrong; where there is no GPU any more, offers to go on from what was kept. */
  async #fail(error: unknown, state: State): Promise<void> {
    this.#shell.notice(error);
    const isGone = isGpuGone(error);
    // At once: a look that fails for the same reason is not to be told as another one.
    this.#setState(isGone ? "gone" : state);
    if (isGone) await this.#offer("Your training was kept");
  }

  /** Settings that wait are taken at once where nothing was learned that could be lost. */
  #onWaiting(): void {
    const untouched = this.#state === "paused" && this.#progress?.last === null;
    // Files are taken when they are there.
    if (untouched && this.#form.read().data.kind !== "files") void this.#reset();
    else this.#showState();
  }

  /** Makes another network. A training that has begun is kept, and offered until the next one is started. */
  async #reset(): Promise<void> {
    if (!this.#form.isValid) return;
    this.#hideOffer();
    await this.#make(async () => {
      const hasLearned = Boolean(this.#progress?.last);
      if (hasLearned) {
        await this.#worker.pause();
        await this.#worker.keep();
      }
      await this.#build();
      if (hasLearned) await this.#offer("Your training was kept");
    });
  }

  /** Makes a network with the settings of the form, which are taken where that succeeds. */
  async #build(): Promise<void> {
    const settings = this.#form.next();
    await this.#worker.build(settings);
    this.#form.take(settings);
  }

  async #resume(): Promise<void> {
    this.#hideOffer();
    await this.#make(async () => this.#form.show(await this.#worker.resume()));
  }

  /** Says which training was kept, where one was that can be read. */
  async #offer(was: string): Promise<void> {
    const kept = await this.#worker.kept().catch(() => null);
    if (!kept) return;
    const { settings, epoch, step, isDone } = kept;
    const place = isDone ? `done after epoch ${epoch}` : `epoch ${epoch}, step ${step}`;
    find(this.#host, "#digits-kept", HTMLElement).textContent = `${was}: ${networkTitles[settings.network]}, ${place}.`;
    find(this.#host, "#digits-offer", HTMLElement).hidden = false;
  }

  #hideOffer(): void {
    find(this.#host, "#digits-offer", HTMLElement).hidden = true;
  }

  async #save(): Promise<void> {
    const { network } = this.#form.taken;
    download(`${network.toLowerCase()}.safetensors`, new Blob([await this.#worker.save()]));
  }

  async #saveCurves(kind: "tensorBoard" | "csv"): Promise<void> {
    const { name, content } = await this.#worker.curves(kind);
    download(name, new Blob([content]));
  }

  async #openNetwork(file: File | undefined): Promise<void> {
    if (!file) return;
    await this.#make(async () => this.#form.show(await this.#worker.openFile(file, this.#form.taken)));
  }

  async #openImages(files: readonly File[]): Promise<void> {
    if (!this.#form.isValid) return;
    await this.#make(async () => {
      const settings = { ...this.#form.next(), data: { kind: "files" } } as const;
      await this.#worker.openImages(files, settings);
      this.#form.show(settings);
    });
  }

  /** Does what puts another network in the place of this one, which stays where that fails early enough. */
  #make(work: () => Promise<void>): Promise<void> {
    return this.#turns.take(() => this.#makeNow(work));
  }

  async #makeNow(work: () => Promise<void>): Promise<void> {
    this.#setState("making");
    this.#status.say(makingText);
    this.#shell.notice(null);
    try {
      await work();
      // What takes effect at once may have changed meanwhile.
      await this.#worker.change(this.#form.live);
      this.#setState("paused");
    } catch (error) {
      await this.#fail(error, (await this.#worker.hasNetwork()) ? "paused" : "failed");
    }
    this.#look.ask();
  }

  /** Shows what the network makes of the drawing, or of a test digit where there is none. */
  async #lookThrough(): Promise<void> {
    if ((this.#state !== "paused" && this.#state !== "running") || !this.#isVisible) return;
    try {
      const { drawing } = this.#pad;
      const look = await this.#worker.look(drawing);
      this.#lookedAt = performance.now();
      this.#views.show(look, drawing !== null);
    } catch (error) {
      // A network that was replaced meanwhile has no answer to give.
      if (this.#state === "paused" || this.#state === "running") this.#shell.notice(error);
    }
  }

  #setState(state: State): void {
    this.#state = state;
    this.#showState();
  }

  #showState(): void {
    const state = this.#state;
    const { isDone = false, last = null, epoch = 0, epochs = 0, step = 0, steps = 1 } = this.#progress ?? {};
    const start = this.#button("start");
    const begin = last ? "Continue" : "Start";
    start.textContent = state === "running" ? "Pause" : begin;
    start.disabled = state !== "running" && (state !== "paused" || isDone);
    this.#button("step").disabled = state !== "paused" || isDone;
    this.#button("reset").disabled = state === "making";
    for (const name of ["csv", "events"]) this.#button(name).disabled = state === "making" || !last;
    for (const name of ["save", "example"]) this.#button(name).disabled = state === "making" || state === "failed";
    find(this.#host, "#digits-pending", HTMLElement).hidden = state === "making" || !this.#form.isWaiting;
    const part = (epoch - 1 + step / steps) / epochs;
    const spoken = `Training: epoch ${epoch} of ${epochs}`;
    if (state === "running") this.#status.say(`Training: step ${step} of ${steps}`, part, spoken);
    if (state === "gone") this.#status.say("No GPU.", part);
    if (state === "failed") this.#status.say("No network.", 0);
    if (state === "paused" && !last) this.#status.say("Ready.", 0);
    if (state === "paused" && last && !isDone) this.#status.say(`Paused at step ${step} of ${steps}`, part);
    if (state === "paused" && isDone) this.#status.say("Done. More epochs let it go on.", 1);
  }

  #button(name: string): HTMLButtonElement {
    return find(this.#host, `#digits-${name}`, HTMLButtonElement);
  }
}
