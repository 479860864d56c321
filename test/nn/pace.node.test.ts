import { describe, expect, test } from "vitest";
import { Pace } from "../../src/nn/pace.ts";

describe("Pace", () => {
  test("before anything is known, one step at a time", () => {
    const pace = new Pace();
    expect(pace.room(1000)).toBe(1);
    const done = pace.submitted(1, 0);
    expect(pace.room(1000)).toBe(0);
    done(10);
    expect(pace.room(1000)).toBe(100);
  });

  test("a step that is longer than the budget goes alone", () => {
    const pace = new Pace();
    pace.submitted(1, 0)(50);
    expect(pace.room(8)).toBe(1);
    pace.submitted(1, 60);
    expect(pace.room(8)).toBe(0);
  });

  test("what is under way is taken off, until it is done", () => {
    const pace = new Pace();
    pace.submitted(1, 0)(2);
    const done = pace.submitted(3, 10);
    expect(pace.room(8)).toBe(1);
    done(16);
    expect(pace.room(8)).toBe(4);
  });

  test("work that was submitted behind other work is timed from that one's end", () => {
    const pace = new Pace();
    const first = pace.submitted(2, 0);
    const second = pace.submitted(2, 1);
    first(20);
    second(40);
    expect(pace.room(100)).toBe(10);
  });

  test("finds what fits where every wait costs 2 ms besides", () => {
    const pace = new Pace();
    let now = 0;
    for (let frame = 0; frame < 40; frame++) {
      const steps = pace.room(8);
      const done = pace.submitted(steps, now);
      now += 2 + 0.2 * steps;
      done(now);
    }
    expect(pace.room(8)).toBeGreaterThan(20);
    expect(pace.room(8)).toBeLessThanOrEqual(30);
  });
});
