import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { DeviceError } from "../src/core/errors.ts";
import { launchOptions } from "./browser.ts";

/** Where Debian, Ubuntu and their relatives keep Chromium's own files. */
const chromiumFolders = ["/usr/lib/chromium", "/usr/lib/chromium-browser"];

/**
 * The environment by which Dawn in Node, or Firefox, finds the software adapter that Chromium brings along. A Vulkan
 * driver that the environment names already is left as it is.
 */
export async function softwareVulkan(): Promise<Readonly<Record<string, string>>> {
  const { VK_ICD_FILENAMES, VK_DRIVER_FILES, LD_LIBRARY_PATH } = process.env;
  if (VK_ICD_FILENAMES || VK_DRIVER_FILES) return {};
  const { executablePath } = await launchOptions("software");
  const found = [dirname(realpathSync(executablePath)), ...chromiumFolders].find((path) =>
    existsSync(join(path, "vk_swiftshader_icd.json")),
  );
  if (!found) {
    throw new DeviceError({
      seen: "no vk_swiftshader_icd.json beside the browser",
      wanted: "a software Vulkan driver",
      mend: "Set VK_ICD_FILENAMES to the JSON file of one.",
    });
  }
  return {
    VK_ICD_FILENAMES: join(found, "vk_swiftshader_icd.json"),
    LD_LIBRARY_PATH: [found, LD_LIBRARY_PATH].filter(Boolean).join(":"),
  };
}
