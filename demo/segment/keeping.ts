import { encodePng } from "../../src/data/maskImage.ts";
import { unlabelled } from "../../src/data/scribbleDataset.ts";
import { readBytes, removeBytes, writeBytes } from "../shell/storage.ts";
import { type OpenedPicture, readPicture } from "./pictures.ts";
import type { Stroke } from "./strokes.ts";
import { classColours } from "./views.ts";

/** A class that a person paints. */
export interface PaintedClass {
  /** Its place among the outputs of the network, and its colour. */
  readonly label: number;
  readonly name: string;
}

/** What a person has painted. */
export interface KeptPainting {
  /** By which it and its network know each other. */
  readonly id: string;
  readonly name: string;
  readonly classes: readonly PaintedClass[];
  readonly strokes: readonly Stroke[];
}

const pictureName = "segment-picture.png";
const paintingName = "segment-painting.json";

export async function keepPicture({ image }: OpenedPicture): Promise<void> {
  await writeBytes(pictureName, await encodePng(image));
}

export async function keepPainting(painting: KeptPainting): Promise<void> {
  await writeBytes(paintingName, new TextEncoder().encode(JSON.stringify(painting)));
}

/** What the last visit left; null where there is nothing, or nothing that can be read. */
export async function readKept(): Promise<{ readonly picture: OpenedPicture; readonly painting: KeptPainting } | null> {
  const [text, png] = await Promise.all([readBytes(paintingName), readBytes(pictureName)]);
  const painting = text && parsePainting(new TextDecoder().decode(text));
  if (!painting || !png) return null;
  const picture = await readPicture(new Blob([png], { type: "image/png" }), painting.name).catch(() => null);
  return picture && { picture: { ...picture, name: painting.name }, painting };
}

export async function forgetPainting(): Promise<void> {
  await Promise.all([removeBytes(paintingName), removeBytes(pictureName)]);
}

/** A painting from its text; null where that is none. */
export function parsePainting(text: string): KeptPainting | null {
  const value = parseJson(text);
  if (
    !isRecord(value) ||
    typeof value.name !== "string" ||
    typeof value.id !== "string" ||
    !Array.isArray(value.strokes)
  )
    return null;
  const classes = classesOf(value.classes);
  const strokes = value.strokes.filter(isStroke);
  if (!classes || strokes.length < value.strokes.length) return null;
  return { id: value.id, name: value.name, classes, strokes };
}

/** Classes from the text that a network's file carries; null where that names none. */
export function parseClasses(text: string): readonly PaintedClass[] | null {
  return classesOf(parseJson(text));
}

function classesOf(value: unknown): readonly PaintedClass[] | null {
  if (!Array.isArray(value) || value.length < 2 || !value.every(isClass)) return null;
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
