import { expect, test } from "vitest";
import { failureOf } from "../../tools/drivenBrowser.ts";
import { findFirefox } from "../../tools/firefox/find.ts";

function machine(platform: NodeJS.Platform, env: Record<string, string>, ...programs: string[]) {
  return { platform, env, home: "/home/ann", isProgram: (path: string) => programs.includes(path) };
}

test("Firefox is WGRAD_FIREFOX, else the one on the path, else where each system keeps it", () => {
  const path = { PATH: "/a:/b" };
  expect(findFirefox(machine("linux", { ...path, WGRAD_FIREFOX: "/mine" }, "/mine", "/a/firefox"))).toBe("/mine");
  expect(findFirefox(machine("linux", path, "/a/firefox-esr", "/b/firefox"))).toBe("/b/firefox");
  expect(findFirefox(machine("linux", path, "/b/firefox-esr"))).toBe("/b/firefox-esr");
  const mac = "/Applications/Firefox.app/Contents/MacOS/firefox";
  expect(findFirefox(machine("darwin", {}, mac))).toBe(mac);
  const windows = "C:\\Programs\\Mozilla Firefox\\firefox.exe";
  expect(findFirefox(machine("win32", { ProgramFiles: "C:\\Programs" }, windows))).toBe(windows);
});

test("no Firefox, or a wrong WGRAD_FIREFOX, is an error that says how to mend it", () => {
  expect(() => findFirefox(machine("linux", { PATH: "/a" }))).toThrow(
    "no Firefox on this machine; wanted one with WebGPU, 141 or later. Install one, or set WGRAD_FIREFOX to the path of one.",
  );
  expect(() => findFirefox(machine("linux", { PATH: "/a", WGRAD_FIREFOX: "/no" }, "/a/firefox"))).toThrow(
    'WGRAD_FIREFOX is "/no", which is not a program that can be run; wanted one with WebGPU, 141 or later. Set it to',
  );
});

test("a program that is missing fails the page; data that are missing are the page's to tell of", () => {
  const response = (status: number, url: string) => ({ status: () => status, url: () => url });
  const script = "http://127.0.0.1/tools/page.ts?v=1";
  expect(failureOf(response(404, script))?.message).toBe(`The page could not load ${script} (status 404).`);
  expect(failureOf(response(200, script))).toBeNull();
  expect(failureOf(response(404, "http://127.0.0.1/vectors/optim.json"))).toBeNull();
});
