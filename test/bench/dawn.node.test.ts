import { expect, test } from "vitest";
import { installDawn } from "../../bench/node/dawn.ts";
import { DeviceError } from "../../src/core/errors.ts";

test("no binding of Dawn, or one that does not load, is an error that says where one is", () => {
  for (const path of ["", "/nowhere/dawn.node"]) {
    expect(() => installDawn(path)).toThrow(DeviceError);
    expect(() => installDawn(path)).toThrow(/the npm package webgpu/i);
  }
  expect(() => installDawn("/nowhere/dawn.node")).toThrow("/nowhere/dawn.node does not load");
});
