import type { Stroke } from "./strokes.ts";

/** A class that a person paints. */
export interface PaintedClass {
  /** Its place among the outputs of the network, and its colour. */
  readonly label: number;
  readonly name: string;
}

/** What is painted on a picture. */
export interface Painted {
  readonly classes: readonly PaintedClass[];
  /** Each lies over those before it. */
  readonly strokes: readonly Stroke[];
  /** Labels of the classes that a network from a file tells apart without a stroke. */
  readonly known: readonly number[];
}

/** A painting and its changes, which can be taken back and made again. */
export class History {
  #past: Painted[] = [];
  #now: Painted = { classes: [], strokes: [], known: [] };
  #future: Painted[] = [];

  get now(): Painted {
    return this.#now;
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  change(part: Partial<Painted>): void {
    this.#past.push(this.#now);
    this.#now = { ...this.#now, ...part };
    this.#future = [];
  }

  undo(): void {
    const before = this.#past.pop();
    if (!before) return;
    this.#future.push(this.#now);
    this.#now = before;
  }

  redo(): void {
    const after = this.#future.pop();
    if (!after) return;
    this.#past.push(this.#now);
    this.#now = after;
  }

  /** Begins with a painting, as if each of its strokes had just been painted. */
  reset(painted: Painted): void {
    this.#past = painted.strokes.map((_, count) => ({ ...painted, strokes: painted.strokes.slice(0, count) }));
    this.#now = painted;
    this.#future = [];
  }
}
