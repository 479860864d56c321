import { make } from "./elements.ts";

/** A column of a table: its title, and whether it holds numbers. */
export type Column = readonly [title: string, isNumber?: boolean];

/** A cell: text, or an element of its own. */
export type Cell = string | HTMLElement;

/** Fills a table of class `rows`: a head, and a row for each list of cells. */
export function fillTable(
  table: HTMLTableElement,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): void {
  const head = make("tr");
  head.append(
    ...columns.map(([title, isNumber = false]) => {
      const cell = make("th", title, isNumber ? "number" : "");
      cell.scope = "col";
      return cell;
    }),
  );
  const lines = rows.map((cells) => {
    const line = make("tr");
    line.append(
      ...cells.map((content, i) => {
        const cell = make("td", "", columns[i]?.[1] ? "number" : "");
        cell.append(content);
        return cell;
      }),
    );
    return line;
  });
  const [thead, tbody] = [make("thead"), make("tbody")];
  thead.append(head);
  tbody.append(...lines);
  table.replaceChildren(thead, tbody);
}

/** A bar as long as its part of the whole, from 0 to 1. */
export function partBar(part: number): HTMLElement {
  const bar = make("span", "", "bar");
  bar.style.setProperty("--part", `${part}`);
  return bar;
}
