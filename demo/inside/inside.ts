import "./inside.css";
import { showBytes, showFlops } from "../../src/core/plan.ts";
import { Chart } from "../shell/chart.ts";
import { find, make, showCount } from "../shell/elements.ts";
import type { InspectedDispatch, Inspection } from "../shell/inspection.ts";
import type { Network, Shell } from "../shell/shell.ts";
import type { InspectOptions, Mount } from "../shell/tab.ts";
import markup from "./inside.html?raw";
import { fillDispatches, fillKernels, fillLayers } from "./tables.ts";
import { colourWgsl } from "./wgsl.ts";

/** The tab Inside: the graph, the plan and the kernels of a network that another tab trains. */
export const mount: Mount = (host, shell) => {
  host.innerHTML = markup;
  const inside = new Inside(host, shell);
  return { show: () => inside.show(), hide() {} };
};

const untimed = "“Time the kernels” measures every dispatch by the GPU's own clock, and what the GPU could do at best.";

class Inside {
  readonly #host: HTMLElement;
  readonly #shell: Shell;
  readonly #networks: HTMLSelectElement;
  readonly #time: HTMLButtonElement;
  readonly #memory: Chart;

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
    this.#networks.addEventListener("change", () => void this.#inspect(this.#chosen, false));
    this.#time.addEventListener("click", () => void this.#inspect(this.#chosen, true));
  }

  /** Looks into the network that was seen last and has something to show. */
  show(): void {
    const networks = this.#shell.networks();
    find(this.#host, "#inside-none", HTMLElement).hidden = networks.length > 0;
    find(this.#host, "#inside-found", HTMLElement).hidden = networks.length === 0;
    this.#networks.replaceChildren(...networks.map(({ title }) => new Option(title, title)));
    find(this.#host, "#inside-choice", HTMLElement).classList.toggle("unseen", networks.length < 2);
    if (networks.length > 0) void this.#inspect(networks, false);
  }

  get #chosen(): readonly Network[] {
    return this.#shell.networks().filter(({ title }) => title === this.#networks.value);
  }

  /** Shows the first of these networks that is there. */
  async #inspect(networks: readonly Network[], profile: boolean): Promise<void> {
    this.#time.disabled = true;
    this.#say("clock", profile ? "Timing …" : "");
    try {
      const { title, inspection } = await firstInspection(networks, { profile });
      this.#networks.value = title;
      this.#show(inspection, profile);
    } catch (error) {
      this.#say("clock", "");
      this.#shell.notice(error);
    }
    this.#time.disabled = false;
  }

  #show(inspection: Inspection, wasTimed: boolean): void {
    const { model, batchSize, memory, dispatches, profile, profileError, graph } = inspection;
    this.#say("title", `${model}, a training step on ${batchSize} examples`);
    this.#say("clock", profileError ?? (profile ? clockOf(profile) : ""));
    this.#say("untimed", profile ? "" : wasTimed ? (profileError ?? "") : untimed);
    this.#showFigures(inspection);
    fillLayers(this.#table("layers"), inspection);
    fillDispatches(this.#table("dispatches"), inspection, (dispatch) => this.#showKernel(inspection, dispatch));
    fillKernels(this.#table("kernels"), inspection);
    find(this.#table("dispatches"), "button", HTMLButtonElement).click();
    this.#memory.set(
      dispatches.map(({ liveBytes }, x) => ({ x, values: [liveBytes / 2 ** 20, memory.slotBytes / 2 ** 20] })),
    );
    const { slotBytes, unsharedBytes, peakBytes } = memory;
    this.#say(
      "shared",
      `Tensors that are not needed at the same time share their room: ${showBytes(slotBytes)} in place of ` +
        `${showBytes(unsharedBytes - (peakBytes - slotBytes))}.`,
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

  #showKernel({ shaders }: Inspection, { kernel, shader }: InspectedDispatch): void {
    this.#say("kernel", kernel);
    const code = find(this.#host, "#inside-wgsl", HTMLPreElement);
    code.replaceChildren(...colourWgsl(shaders[shader] ?? ""));
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
