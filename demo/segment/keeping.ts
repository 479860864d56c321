import { unlabelled } from "../../src/data/scribbleDataset.ts";
import { encodeToBytes, openSafetensors } from "../../src/io/safetensors.ts";
import { readBytes, removeBytes, writeBytes } from "../shell/storage.ts";
import type { Painted, PaintedClass } from "./history.ts";
import type { OpenedPicture } from "./pictures.ts";
import type { Sides, Stroke } from "./strokes.ts";
import { classColours } from "./views.ts";

/** What a person has painted, and on what. */
export interface KeptPainting extends Painted {
  /** By which it and its network know each other. */
  readonly id: string;
  readonly picture: OpenedPicture;
}

/** Picture and strokes are one file: another window of the page may keep its own in this one's place. */
const fileName = "segment-painting.safetensors";

export async function keepPainting({ picture, ...painting }: KeptPainting): Promise<void> {
  const { image, name, scaledFrom } = picture;
  const { width, height } = image;
  const pixels = {
    name: "picture",
    shape: [height, width, 4],
    dtype: "u8",
    data: new Uint8Array(image.data.buffer),
  } as const;
  await writeBytes(fileName, encodeToBytes([pixels], { painting: JSON.stringify({ name, scaledFrom, ...painting }) }));
}

/** What the last visit left; null where there is nothing, or nothing that can be read. */
export async function readKept(): Promise<KeptPainting | null> {
  const bytes = await readBytes(fileName);
  if (!bytes) return null;
  const { metadata, tensors } = await openSafetensors(bytes);
  const notes = parsePainting(metadata.painting ?? "");
  for await (const { shape, data } of tensors()) {
    const [height = 0, width = 0] = shape;
    if (!notes || data.length !== height * width * 4) return null;
    const { name, scaledFrom, ...painting } = notes;
    const image = new ImageData(new Uint8ClampedArray(data), width, height);
    return { ...painting, picture: { name, scaledFrom, image } };
  }
  return null;
}

export async function forgetPainting(): Promise<void> {
  await removeBytes(fileName);
}

/** A painting but for its picture's pixels. */
type Notes = Omit<KeptPainting, "picture"> & Pick<OpenedPicture, "name" | "scaledFrom">;

/** What is noted of a painting, from its text; null where that is none. */
export function parsePainting(text: string): Notes | null {
  const value = parseJson(text);
  if (!isRecord(value) || typeof value.name !== "string" || typeof value.id !== "string") return null;
  const { id, name, strokes, known, scaledFrom } = value;
  const classes = classesOf(value.classes);
  if (!classes || !isList(strokes, isStroke) || !isList(known, isLabel)) return null;
  if (scaledFrom !== null && !isSides(scaledFrom)) return null;
  return { id, name, scaledFrom, classes, strokes, known };
}

/** Classes from the text that a network's file carries; null where that names none. */
export function parseClasses(text: string): readonly PaintedClass[] | null {
  return classesOf(parseJson(text));
}

function classesOf(value: unknown): readonly PaintedClass[] | null {
  if (!isList(value, isClass) || value.length < 2) return null;
  return new Set(value.map(({ label }) => label)).size === value.length ? value : null;
}

function isClass(value: unknown): value is PaintedClass {
  return isRecord(value) && isLabel(value.label) && typeof value.name === "string";
}

function isStroke(value: unknown): value is Stroke {
  if (!isRecord(value) || !Array.isArray(value.points)) return false;
  const { label, radius, points } = value;
  const paints = isLabel(label) || label === unlabelled;
  const numbers = [radius, ...points].every((number) => typeof number === "number" && Number.isFinite(number));
  return paints && numbers && points.length >= 2 && points.length % 2 === 0;
}

function isSides(value: unknown): value is Sides {
  return isRecord(value) && [value.width, value.height].every((side) => typeof side === "number" && side > 0);
}

function isList<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(isItem);
}

function isLabel(value: unknown): value is number {
  return typeof value === "number" && classColours[value] !== undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
