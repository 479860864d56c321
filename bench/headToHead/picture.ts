import { networks } from "../networks/index.ts";
import { networkNames } from "../networks/network.ts";
import type { Results } from "./results.ts";
import type { Row } from "./rows.ts";
import { significant } from "./table.ts";

/** Pixels. */
const width = 960;
const margin = { top: 64, left: 128, right: 168, bottom: 56 };
const bar = { height: 20, pitch: 28 };
const panel = { head: 40, gap: 18 };

const colours: Readonly<Record<string, string>> = { wgrad: "#3b5bdb" };
const otherColour = "#adb5bd";

/**
 * The bars of a run as SVG: milliseconds a step of each engine, one panel a network. Bars are as long as the time, in
 * each panel for itself.
 */
export function picture({ date, commit, machine, browser, adapter, rows }: Results): string {
  const panels = networkNames
    .map((name) => ({ name, rows: rows.filter(({ model }) => model === name) }))
    .filter((each) => each.rows.length > 0);
  const device = [adapter.vendor, adapter.architecture, adapter.description].filter(Boolean).join(" ");
  const parts = [
    text(24, 32, "Milliseconds a training step (shorter is better)", "title"),
    text(
      24,
      52,
      `${device} (${adapter.software ? "software" : "hardware"}), ${machine}, ${browser}, ${date.slice(0, 10)}, wgrad ${commit ?? ""}`,
    ),
  ];
  let y = margin.top;
  for (const { name, rows: own } of panels) {
    parts.push(
      text(24, y + 26, `${networks[name].title}, batch ${own[0]?.batch ?? ""}`, "name"),
      bars(own, y + panel.head),
    );
    y += panel.head + own.length * bar.pitch + panel.gap;
  }
  parts.push(
    text(
      24,
      y + 14,
      "In one browser, blocks in turns, from the same weights on the same batch; losses agree where nothing else is said.",
    ),
  );
  const height = y + 32;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    "<style>text { font: 13px system-ui, sans-serif; fill: #3f4654 } .title { font-size: 18px; font-weight: 600 } .name { font-size: 15px; font-weight: 600 }</style>",
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

/** One panel's bars from `top` on. */
function bars(rows: readonly Row[], top: number): string {
  const longest = Math.max(...rows.map(({ msStep }) => msStep?.median ?? 0));
  const scale = (width - margin.left - margin.right) / longest;
  const lines = rows.map(({ peer, msStep, ratio, cannot, agrees }, i) => {
    const y = top + i * bar.pitch;
    const name = `<text x="${margin.left - 10}" y="${y + 15}" text-anchor="end">${escaped(peer)}</text>`;
    if (!msStep) return name + text(margin.left + 4, y + 15, `cannot train it: ${cannot ?? ""}`);
    const length = Math.max(1, msStep.median * scale);
    const label = [
      `${significant(msStep.median)} ms`,
      ...(ratio !== null && peer !== "wgrad" ? [`${ratio.toFixed(1)}x`] : []),
      ...(agrees === false ? ["WRONG LOSS"] : []),
    ].join(", ");
    const fill = colours[peer] ?? otherColour;
    const shape = `<rect x="${margin.left}" y="${y}" width="${length.toFixed(1)}" height="${bar.height}" rx="2" fill="${fill}"/>`;
    return name + shape + text(margin.left + length + 8, y + 15, label);
  });
  return lines.join("\n");
}

function text(x: number, y: number, content: string, style = ""): string {
  const attribute = style ? ` class="${style}"` : "";
  return `<text x="${x.toFixed(1)}" y="${y}"${attribute}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
