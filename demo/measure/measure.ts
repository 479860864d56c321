import "./measure.css";
import { commit, engines } from "virtual:engines";
import type { EngineName } from "../../bench/headToHead/engines.ts";
import { measureNetwork } from "../../bench/headToHead/measure.ts";
import type { Row } from "../../bench/headToHead/rows.ts";
import { networks } from "../../bench/networks/index.ts";
import { type NetworkName, networkNames } from "../../bench/networks/network.ts";
import { find, make } from "../shell/elements.ts";
import type { Shell } from "../shell/shell.ts";
import type { Mount } from "../shell/tab.ts";
import { sessionsIn } from "./frames.ts";
import markup from "./measure.html?raw";
import { race } from "./race.ts";

/** Timed blocks of each engine. */
const blocks = 3;

/** The tab Measure: wgrad and its peers train the same networks side by side. */
export const mount: Mount = (host, shell) => {
  host.innerHTML = markup;
  new Measure(host, shell).listen();
  return { show() {}, hide() {} };
};

class Measure {
  readonly #host: HTMLElement;
  readonly #shell: Shell;
  readonly #start: HTMLButtonElement;
  readonly #copy: HTMLButtonElement;
  #stop: AbortController | null = null;
  #rows: readonly Row[] = [];

  constructor(host: HTMLElement, shell: Shell) {
    this.#host = host;
    this.#shell = shell;
    this.#start = find(host, "#measure-start", HTMLButtonElement);
    this.#copy = find(host, "#measure-copy", HTMLButtonElement);
    const choices = networkNames.map((name) => choice("network", name, networks[name].title, name === "lenet5"));
    find(host, "#measure-networks", HTMLElement).append(...choices);
    const rivals = engines.map(({ name, version }) => choice("engine", name, `${name} ${version}`, true));
    find(host, "#measure-engines", HTMLElement).append(...rivals);
    if (engines.length > 1) return;
    this.#say(
      "missing",
      "wgrad stands alone here: jax-js and TensorFlow.js are not part of this page. Run npm ci in bench/ and build the page again to have them.",
    );
  }

  listen(): void {
    this.#start.addEventListener("click", () => {
      if (this.#stop) this.#giveUp(this.#stop);
      else void this.#run();
    });
    this.#copy.addEventListener("click", () => void this.#copyResults());
  }

  /** A step that an engine has begun comes to its end. */
  #giveUp(stop: AbortController): void {
    stop.abort();
    this.#say("status", "Stopping …");
  }

  async #run(): Promise<void> {
    const models = this.#chosen("network", networkNames);
    const peers = this.#chosen(
      "engine",
      engines.map(({ name }) => name),
    );
    if (models.length === 0 || peers.length === 0) {
      this.#say("status", "Choose a network and an engine.");
      return;
    }
    const stop = new AbortController();
    this.#stop = stop;
    this.#start.textContent = "Stop";
    this.#shell.notice(null);
    this.#rows = [];
    this.#copy.disabled = true;
    find(this.#host, "#measure-results", HTMLElement).replaceChildren();
    try {
      for (const model of models) await this.#measure(model, peers, stop.signal);
      this.#say("status", "Done.");
    } catch (error) {
      if (stop.signal.aborted) this.#say("status", "Stopped.");
      else this.#shell.notice(error);
    } finally {
      this.#stop = null;
      this.#start.textContent = "Measure";
    }
  }

  async #measure(model: NetworkName, peers: readonly EngineName[], signal: AbortSignal): Promise<void> {
    const network = networks[model];
    this.#say("status", `${network.title}: warming up`);
    const { rows, disagreements } = await measureNetwork({
      start: sessionsIn(find(this.#host, "#measure-frames", HTMLElement), signal),
      network,
      peers,
      versionOf: (peer) => engines.find(({ name }) => name === peer)?.version ?? "",
      batch: network.batch,
      blocks,
      onProgress: (line) => {
        if (!signal.aborted) this.#say("status", line);
      },
    });
    signal.throwIfAborted();
    this.#rows = [...this.#rows, ...rows];
    this.#copy.disabled = false;
    find(this.#host, "#measure-results", HTMLElement).append(race(model, rows));
    if (disagreements.length > 0) this.#shell.notice(disagreements.join(" "));
  }

  async #copyResults(): Promise<void> {
    const info = (await navigator.gpu.requestAdapter({ powerPreference: "high-performance" }))?.info;
    const results = {
      date: new Date().toISOString(),
      commit,
      browser: navigator.userAgent,
      adapter: info && { vendor: info.vendor, architecture: info.architecture, description: info.description },
      rows: this.#rows,
    };
    try {
      await navigator.clipboard.writeText(`${JSON.stringify(results, null, 2)}\n`);
      this.#say("status", "Copied.");
    } catch (error) {
      this.#shell.notice(error);
    }
  }

  #chosen<Name extends string>(kind: string, names: readonly Name[]): Name[] {
    return names.filter((name) => find(this.#host, `#measure-${kind}-${name}`, HTMLInputElement).checked);
  }

  #say(name: string, text: string): void {
    find(this.#host, `#measure-${name}`, HTMLElement).textContent = text;
  }
}

function choice(kind: string, name: string, title: string, checked: boolean): HTMLLabelElement {
  const label = make("label", "", "check");
  const box = make("input");
  Object.assign(box, { type: "checkbox", id: `measure-${kind}-${name}`, checked });
  label.append(box, make("span", title));
  return label;
}
