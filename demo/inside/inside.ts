import "./inside.css";
import { showBytes, showFlops } from "../../src/core/plan.ts";
import { Chart } from "../shell/chart.ts";
import { find, make, showCount } from "../shell/elements.ts";
import type { Inspection } from "../shell/inspection.ts";
import type { Network, Shell } from "../shell/shell.ts";
import type { InspectOptions, Mount } from "../shell/tab.ts";
import markup from "./inside.html?raw";
import { fillDispatches, fillKernels, fillLayers } from "./tables.ts";
import { colourWgsl } from "./wgsl.ts";

/** The tab Inside: the graph, the plan and the kernels of a network that another tab trains. */
export const mount: Mount = (host, shell) => {
  host.innerHTML = markup;
  const inside = new Inside(host, shell);
  return { show: () => void inside.show(), hide: () => inside.hide() };
};

/** How often a network is asked for that is not ready. */
const askAgainMs = 500;

/** What a person has found out about a plan. */
interface Study {
  readonly profile: Inspection["profile"];
  /** Index of the dispatch that was chosen. */
  readonly dispatch: number;
}

const untimed = "“Time the kernels” measures every dispatch by the GPU's own clock, and what the GPU could do at best.";

class Inside {
  readonly #host: HTMLElement;
  readonly #shell: Shell;
  readonly #networks: HTMLSelectElement;
  readonly #time: HTMLButtonElement;
  readonly #memory: Chart;
  /** By plan: those of a network that learns on, or was made anew as it was, stay true. */
  readonly #studies = new Map<string, Study>();
  /** Counts how often the panel was shown and left. */
  #visit = 0;

  constructor(host: HTMLElement, shell: Shell) {
    this.#host = host;
    this.#shell = shell;
    this.#networks = find(host, "#inside-network", HTMLSelectElement);
    this.#time = find(host, "#inside-time", HTMLButtonElement);
    this.#memory = new Chart(find(host, "#inside-memory", HTMLElement), {
      label: "Memory of activations and gradients that are needed at each dispatch of a training step",
      series: [
        { label: "needed at this dispatch", tone: "accent", area: true, steps: true },
        { label: "reserved", tone: "ink" },
      ],
      xLabel: "dispatch",
      xWhole: true,
      range: [0, null],
      format: (mebibytes) => `${mebibytes} MiB`,
      height: 330,
    });
    // Not every browser lets the keys scroll what has no place in their order.
    for (const box of host.querySelectorAll<HTMLElement>(".scroll")) box.tabIndex = 0;
    this.#networks.addEventListener("change", () => this.#inspect(this.#chosen, false).catch(shell.notice));
    this.#time.addEventListener("click", () => this.#inspect(this.#chosen, true).catch(shell.notice));
  }

  /** Looks into the network that was seen last and has something to show; as soon as one has. */
  async show(): Promise<void> {
    const visit = ++this.#visit;
    const networks = this.#shell.networks();
    this.#networks.replaceChildren(...networks.map(({ title }) => new Option(title, title)));
    find(this.#host, "#inside-choice", HTMLElement).classList.toggle("unseen", networks.length < 2);
    if (networks.length === 0) this.#turnTo("none");
    else {
      while (visit === this.#visit && !(await this.#isReady(networks)))
        await new Promise((done) => setTimeout(done, askAgainMs));
    }
  }

  hide(): void {
    this.#visit++;
  }

  async #isReady(networks: readonly Network[]): Promise<boolean> {
    try {
      await this.#inspect(networks, false);
      return true;
    } catch {
      this.#turnTo("making");
      return false;
    }
  }

  #turnTo(shown: "none" | "making" | "found"): void {
    for (const part of ["none", "making", "found"])
      find(this.#host, `#inside-${part}`, HTMLElement).hidden = part !== shown;
  }

  get #chosen(): readonly Network[] {
    return this.#shell.networks().filter(({ title }) => title === this.#networks.value);
  }

  /** Shows the first of these networks that is there; rejects where none is. */
  async #inspect(networks: readonly Network[], profile: boolean): Promise<void> {
    this.#time.disabled = true;
    this.#say("clock", profile ? "Timing …" : "");
    try {
      const { title, inspection } = await firstInspection(networks, { profile });
      this.#networks.value = title;
      this.#turnTo("found");
      this.#show(inspection);
    } catch (error) {
      this.#say("clock", "");
      throw error;
    } finally {
      this.#time.disabled = false;
    }
  }

  #show(found: Inspection): void {
    const { model, batchSize, memory, dispatches, profileError, graph } = found;
    const plan = JSON.stringify([model, dispatches]);
    const study = this.#studies.get(plan);
    const profile = found.profile ?? study?.profile ?? null;
    const inspection = { ...found, profile };
    this.#say("title", `${model}, a training step on ${batchSize} examples`);
    this.#say("clock", profileError ?? (profile ? clockOf(profile) : ""));
    this.#say("untimed", profile ? "" : (profileError ?? untimed));
    this.#showFigures(inspection);
    fillLayers(this.#table("layers"), inspection);
    fillKernels(this.#table("kernels"), inspection);
    const choose = fillDispatches(this.#table("dispatches"), inspection, (dispatch) => {
      this.#studies.set(plan, { profile, dispatch });
      this.#showKernel(inspection, dispatch);
    });
    choose(study?.dispatch ?? 0);
    this.#memory.set(
      dispatches.map(({ liveBytes }, x) => ({ x, values: [liveBytes / 2 ** 20, memory.slotBytes / 2 ** 20] })),
    );
    const { slotBytes, unsharedBytes, fixedBytes } = memory;
    this.#say(
      "shared",
      `Tensors that are not needed at the same time share their room: ${showBytes(slotBytes)} in place of ` +
        `${showBytes(unsharedBytes - fixedBytes)}. Weights, their gradients, the optimizer and the images take ` +
        `${showBytes(fixedBytes)} more.`,
    );
    find(this.#host, "#inside-graph", HTMLElement).textContent = graph;
  }

  #showFigures({ parameters, dispatches, shaders, flops, memory, profile }: Inspection): void {
    const figures: [string, string][] = [
      ["Parameters", showCount(parameters)],
      ["Dispatches", `${dispatches.length}`],
      ["Kernels", `${shaders.length}`],
      ["Work", showFlops(flops)],
      ["Memory", showBytes(memory.peakBytes)],
      ["Time", profile ? `${profile.total.ms.toFixed(2)} ms` : "–"],
    ];
    const list = figures.map(([name, value]) => {
      const item = make("div");
      item.append(make("dt", name), make("dd", value));
      return item;
    });
    find(this.#host, "#inside-figures", HTMLElement).replaceChildren(...list);
  }

  #showKernel({ dispatches, shaders }: Inspection, index: number): void {
    const { kernel = "", shader = 0 } = dispatches[index] ?? {};
    const text = shaders[shader] ?? "";
    const code = find(this.#host, "#inside-wgsl", HTMLPreElement);
    this.#say("kernel", kernel);
    // Who reads it stays at the line where they are.
    if (code.textContent === text) return;
    code.replaceChildren(...colourWgsl(text));
    code.parentElement?.scrollTo({ top: 0 });
  }

  #say(name: string, text: string): void {
    find(this.#host, `#inside-${name}`, HTMLElement).textContent = text;
  }

  #table(name: string): HTMLTableElement {
    return find(this.#host, `#inside-${name}`, HTMLTableElement);
  }
}

/** Of the first network that is there; rejects as the last one does where none is. */
async function firstInspection(
  [first, ...others]: readonly Network[],
  options: InspectOptions,
): Promise<{ title: string; inspection: Inspection }> {
  if (!first) throw new Error("no network to look into");
  try {
    return { title: first.title, inspection: await first.inspect(options) };
  } catch (error) {
    if (others.length === 0) throw error;
    return firstInspection(others, options);
  }
}

function clockOf({ steps, clockMs, ceilings }: NonNullable<Inspection["profile"]>): string {
  const clock = clockMs < 0.001 ? `${Math.round(clockMs * 1e6)} ns` : `${clockMs} ms`;
  const best = `at best ${ceilings.gflops.toFixed(0)} Gflop/s and ${ceilings.gbs.toFixed(0)} GB/s`;
  return `Means of ${steps} steps; the clock's step is ${clock}. This GPU does ${best}.`;
}
