import { describe, expect, test } from "vitest";
import { DeviceError } from "../../src/core/errors.ts";
import { browserFlags, chooseAdapter } from "../../tools/browser.ts";
import { findBrowser, type Machine, SetupError } from "../../tools/setup.mjs";

describe("browserFlags", () => {
  test("a machine without a GPU gets SwiftShader", () => {
    const flags = browserFlags({ adapter: "software", platform: "linux", root: false });
    expect(flags).toContain("--enable-unsafe-webgpu");
    expect(flags).toContain("--use-webgpu-adapter=swiftshader");
    expect(flags).not.toContain("--enable-features=Vulkan");
    expect(flags).not.toContain("--no-sandbox");
  });

  test("a GPU is reached through Vulkan on Linux alone, with exact timestamps everywhere", () => {
    const linux = browserFlags({ adapter: "hardware", platform: "linux", root: false });
    const mac = browserFlags({ adapter: "hardware", platform: "darwin", root: false });
    expect(linux).toContain("--enable-features=Vulkan");
    expect(mac).not.toContain("--enable-features=Vulkan");
    for (const flags of [linux, mac]) {
      expect(flags).toContain("--enable-webgpu-developer-features");
      expect(flags.join(" ")).not.toContain("swiftshader");
    }
  });

  test("pages that draw by WebGPU are composed by SwiftShader too, where there is no GPU", () => {
    const flags = (adapter: "software" | "hardware") =>
      browserFlags({ adapter, platform: "linux", root: false, draws: true }).join(" ");
    expect(flags("software")).toContain("--use-angle=swiftshader");
    expect(flags("hardware")).not.toContain("swiftshader");
  });

  test("the sandbox is switched off for root alone", () => {
    expect(browserFlags({ adapter: "software", platform: "linux", root: true })).toContain("--no-sandbox");
  });
});

describe("chooseAdapter", () => {
  test("follows the machine, and WGRAD_ADAPTER before it", () => {
    expect(chooseAdapter({}, true)).toBe("hardware");
    expect(chooseAdapter({}, false)).toBe("software");
    expect(chooseAdapter({ WGRAD_ADAPTER: "software" }, true)).toBe("software");
    expect(chooseAdapter({ WGRAD_ADAPTER: "hardware" }, false)).toBe("hardware");
  });

  test("refuses another word", () => {
    expect(() => chooseAdapter({ WGRAD_ADAPTER: "gpu" }, true)).toThrow(DeviceError);
  });
});

describe("findBrowser", () => {
  const machine = (programs: string[], more: Partial<Machine> = {}): Machine => ({
    env: { PATH: "/usr/local/bin:/usr/bin" },
    platform: "linux",
    home: "/home/ada",
    isProgram: (path) => programs.includes(path),
    playwrightChromium: async () => "/cache/chrome",
    ...more,
  });
  const chosen = { env: { WGRAD_CHROME: "/my/chrome", PATH: "/usr/bin" } };

  test("takes WGRAD_CHROME, then Playwright's own, then an installed one", async () => {
    const all = ["/my/chrome", "/cache/chrome", "/usr/bin/chromium"];
    expect(await findBrowser(machine(all, chosen))).toEqual({ path: "/my/chrome", source: "WGRAD_CHROME" });
    expect(await findBrowser(machine(all))).toEqual({ path: "/cache/chrome", source: "playwright" });
    expect(await findBrowser(machine(["/usr/bin/chromium"]))).toEqual({
      path: "/usr/bin/chromium",
      source: "installed",
    });
    expect(await findBrowser(machine([]))).toBeNull();
  });

  test("never passes over a WGRAD_CHROME that does not run", async () => {
    await expect(findBrowser(machine(["/usr/bin/chromium"], chosen))).rejects.toThrow(SetupError);
    await expect(findBrowser(machine(["/usr/bin/chromium"], chosen))).rejects.toThrow("/my/chrome");
  });

  test("looks along PATH, Chrome before Chromium", async () => {
    const both = machine(["/usr/local/bin/chromium", "/usr/bin/google-chrome"]);
    expect((await findBrowser(both))?.path).toBe("/usr/bin/google-chrome");
  });

  test("knows the places of macOS and Windows", async () => {
    const mac = "/home/ada/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
    expect((await findBrowser(machine([mac], { platform: "darwin" })))?.path).toBe(mac);
    const windows = "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe";
    const env = { ProgramFiles: "C:\\Program Files" };
    expect((await findBrowser(machine([windows], { platform: "win32", env })))?.path).toBe(windows);
  });
});
