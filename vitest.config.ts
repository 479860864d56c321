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

export default defineConfig({
  plugins: [wgsl(), guidePrograms(), docstringExamples()],
  test: {
    projects: [
      {
        extends: true,
        test: { name: "node", environment: "node", include: ["test/**/*.node.test.ts"], ...limits },
      },
      {
        extends: true,
        test: {
          name: "page",
          environment: "node",
          include: ["test/demo/**/*.page.test.ts"],
          globalSetup: "test/demo/page.setup.ts",
          // Frames are timed: nothing else runs beside these.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
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
