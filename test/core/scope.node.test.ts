import { expect, test } from "vitest";
import { atPath, currentPath, withPath } from "../../src/core/scope.ts";

test("paths nest, and end with their body", () => {
  const seen: string[] = [];
  withPath("unet", () => {
    seen.push(currentPath());
    withPath("down1", () => withPath("conv2", () => seen.push(currentPath())));
    seen.push(currentPath());
  });
  expect([...seen, currentPath()]).toEqual(["unet", "unet/down1/conv2", "unet", ""]);
});

test("a body that throws leaves no path behind", () => {
  const fails = () => {
    throw new Error("inside");
  };
  expect(() => withPath("a", () => withPath("b", fails))).toThrow("inside");
  expect(currentPath()).toBe("");
  withPath("outer", () => {
    expect(() => atPath("x/y", fails)).toThrow("inside");
    expect(currentPath()).toBe("outer");
  });
});

test("atPath is that path exactly, wherever it is called", () => {
  withPath("elsewhere", () => {
    const seen = atPath("unet/down1", () => [currentPath(), withPath("conv1", currentPath)]);
    expect(seen).toEqual(["unet/down1", "unet/down1/conv1"]);
    expect(currentPath()).toBe("elsewhere");
  });
});

test("returns what the body returns", () => {
  expect(withPath("a", () => 7)).toBe(7);
  expect(atPath("a", () => 8)).toBe(8);
});
