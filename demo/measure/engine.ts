/** An engine in a page of its own, which a frame of the tab Measure shows: the address names it. */
import { engines } from "virtual:engines";

declare global {
  interface Window {
    /** Settles when `window.bench` is there. */
    engineLoaded?: Promise<unknown>;
  }
}

const wanted = new URLSearchParams(location.search).get("engine");
const engine = engines.find(({ name }) => name === wanted);
window.engineLoaded = engine ? engine.load() : Promise.reject(new Error(`no engine ${wanted} is installed`));
