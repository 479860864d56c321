import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { posix, win32 } from "node:path";
import { DeviceError } from "../../src/core/errors.ts";

/** What the search asks of the machine; tests give their own. */
export interface FirefoxMachine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  isProgram(path: string): boolean;
}

/** The Firefox to run: `WGRAD_FIREFOX`, else an installed one. @throws DeviceError where there is none */
export function findFirefox(machine: FirefoxMachine = thisMachine()): string {
  const chosen = machine.env.WGRAD_FIREFOX;
  const found = chosen ? [chosen].find(machine.isProgram) : usualPlaces(machine).find(machine.isProgram);
  if (found) return found;
  throw new DeviceError({
    seen: chosen
      ? `WGRAD_FIREFOX is "${chosen}", which is not a program that can be run`
      : "no Firefox on this machine",
    wanted: "one with WebGPU, 141 or later",
    mend: chosen ? "Set it to the path of one, or unset it." : "Install one, or set WGRAD_FIREFOX to the path of one.",
  });
}

/** Where Firefox is found on Linux, macOS and Windows, most likely first. */
function usualPlaces({ env, platform, home }: FirefoxMachine): string[] {
  if (platform === "win32") {
    return [env.ProgramFiles, env["ProgramFiles(x86)"], env.LOCALAPPDATA].flatMap((folder) =>
      folder ? [win32.join(folder, "Mozilla Firefox", "firefox.exe")] : [],
    );
  }
  if (platform === "darwin") {
    return ["/Applications", posix.join(home, "Applications")].map((folder) =>
      posix.join(folder, "Firefox.app", "Contents", "MacOS", "firefox"),
    );
  }
  const folders = (env.PATH ?? "").split(":").filter(Boolean);
  return ["firefox", "firefox-esr"].flatMap((name) => folders.map((folder) => posix.join(folder, name)));
}

function thisMachine(): FirefoxMachine {
  return { env: process.env, platform: process.platform, home: homedir(), isProgram };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
