import type { CaseRecord } from "../test/conformance/run.ts";

/** Results of all cases of one operator. */
export interface OpSummary {
  readonly op: string;
  readonly cases: number;
  readonly passed: number;
  readonly failed: number;
  readonly unsupported: number;
  /** Largest error over tolerance of the cases that ran; Infinity where a number was NaN or a case threw. */
  readonly worst: number;
}

/** One entry an operator, in the order in which they first appear. */
export function summarize(records: readonly CaseRecord[]): OpSummary[] {
  const byOp = new Map<string, CaseRecord[]>();
  for (const record of records) byOp.set(record.op, [...(byOp.get(record.op) ?? []), record]);
  return [...byOp].map(([op, cases]) => ({
    op,
    cases: cases.length,
    ...countStatuses(cases),
    worst: Math.max(...cases.map(({ worst }) => worst)),
  }));
}

export function countStatuses(records: readonly CaseRecord[]) {
  const count = (status: CaseRecord["status"]) => records.filter((record) => record.status === status).length;
  return { passed: count("passed"), failed: count("failed"), unsupported: count("unsupported") };
}

/** The table, every failing case in a line, and the closing line `N passed, N failed, N unsupported`. */
export function reportText(records: readonly CaseRecord[]): string {
  const rows = summarize(records).map(({ op, cases, passed, failed, unsupported, worst }) => [
    op,
    `${cases}`,
    `${passed}`,
    `${failed}`,
    `${unsupported}`,
    unsupported === cases ? "-" : showWorst(worst),
  ]);
  const table = columns([["op", "cases", "passed", "failed", "unsupported", "worst error/tol"], ...rows]);
  const failures = records.filter(({ status }) => status === "failed").map(failureLine);
  const { passed, failed, unsupported } = countStatuses(records);
  const closing = `${passed} passed, ${failed} failed, ${unsupported} unsupported`;
  return [...table, ...(failures.length > 0 ? ["", ...failures] : []), "", closing].join("\n");
}

function failureLine({ op, id, message }: CaseRecord): string {
  return `FAILED ${op} ${id}: ${message ?? ""}`;
}

/** The first column to the left, numbers to the right. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join("  "),
  );
}

function showWorst(worst: number): string {
  if (worst === 0 || !Number.isFinite(worst)) return worst === 0 ? "0" : "not finite";
  return worst >= 0.001 && worst < 1000 ? worst.toFixed(3) : worst.toExponential(1);
}
