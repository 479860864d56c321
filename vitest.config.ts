import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { launchOptions } from "./tools/browser.ts";
import { docstringExamples } from "./tools/docstringExamples.ts";
import { guidePrograms } from "./tools/guides.ts";
import { wgsl } from "./tools/shader-plugin.ts";

/**
 * Tests run in a real Chromium on WebGPU, but for `*.node.test.ts`, which run under Node, and `*.page.test.ts`, which
 * drive the built demo page.
 */
const limits = { testTimeout: 60_000, hookTimeout: 60_000 };

/** Files that start browsers of their own: two at a time, of which one often waits. */
const browsers = { maxWorkers: 2 };

const frames = "test/demo/frames.page.test.ts";

export default defineConfig({
  plugins: [wgsl(), guidePrograms(), docstringExamples()],
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "node",
          environment: "node",
          include: ["test/**/*.node.test.ts"],
          sequence: { groupOrder: 1 },
          ...limits,
          ...browsers,
        },
      },
      {
        extends: true,
        test: {
          name: "page",
          environment: "node",
          include: ["test/demo/**/*.page.test.ts"],
          exclude: [frames],
          globalSetup: "test/demo/page.setup.ts",
          sequence: { groupOrder: 2 },
          ...limits,
          ...browsers,
        },
      },
      {
        extends: true,
        test: {
          // Frames are timed: nothing else runs beside these.
          name: "frames",
          environment: "node",
          include: [frames],
          globalSetup: "test/demo/page.setup.ts",
          sequence: { groupOrder: 3 },
          ...limits,
        },
      },
      {
        extends: true,
        // A package that is met on the way would be prepared then, and the page loaded anew under its test.
        optimizeDeps: { include: ["uplot"] },
        test: {
          name: "browser",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.{node,page}.test.ts", "test/golden/**"],
          setupFiles: ["test/support/adapter.setup.ts"],
          // A GPU is shared: tests side by side would only take each other's time and memory.
          fileParallelism: false,
          // Files share a page, and so its modules, the device and the kernels that others had compiled.
          isolate: false,
          ...limits,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: await launchOptions() }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
