import { type KeptPainting, keepPainting } from "./keeping.ts";

/** A painting is kept this long after its last change. */
const afterMs = 500;

export interface KeeperParts {
  /** What is to be kept; null where it should take no other's place. */
  readonly painting: () => KeptPainting | null;
  /** Says what went wrong. */
  readonly say: (text: string) => void;
}

/** Keeps a painting for the next visit; where that fails it says so once, and again only after it has worked. */
export class Keeper {
  readonly #parts: KeeperParts;
  #timer = 0;
  /** Name of the painting that was kept last. */
  #kept = "";
  readonly #unkept = new Set<string>();

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** The painting has changed: it is kept when it has not for a while. */
  soon(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.now(), afterMs);
  }

  async now(): Promise<void> {
    clearTimeout(this.#timer);
    const painting = this.#parts.painting();
    // One without strokes takes the place of its own alone: another window may have kept one that has some.
    if (!painting || (painting.strokes.length === 0 && painting.id !== this.#kept)) return;
    try {
      await keepPainting(painting);
      this.#kept = painting.id;
      this.tell("painting", null);
    } catch (error) {
      this.tell("painting", error instanceof Error ? error.message : String(error));
    }
  }

  /** Something was kept; or was not, for a reason. */
  tell(what: "painting" | "network", reason: string | null): void {
    if (reason === null) this.#unkept.delete(what);
    else if (!this.#unkept.has(what)) {
      this.#unkept.add(what);
      this.#parts.say(`The ${what} cannot be kept for your next visit: ${reason}`);
    }
  }
}
