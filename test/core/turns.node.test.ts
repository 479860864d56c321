import { expect, test } from "vitest";
import { Turns } from "../../src/core/turns.ts";

test("turns: one at a time, in order, whoever fails", async () => {
  const turns = new Turns();
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const log: string[] = [];
  const first = turns.take(async () => {
    await gate;
    log.push("first");
    throw new Error("first fails");
  });
  const second = turns.take(async () => log.push("second"));
  await new Promise((resolve) => setTimeout(resolve));
  expect(log).toEqual([]);
  open();
  await expect(first).rejects.toThrow("first fails");
  await second;
  expect(log).toEqual(["first", "second"]);
});
