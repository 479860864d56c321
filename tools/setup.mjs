/**
 * Set-up: `node tools/setup.mjs` installs the dependencies and makes sure of a Chromium with WebGPU.
 * Plain JavaScript without dependencies, because it runs on a fresh clone, before node_modules exists.
 * Does nothing, quickly, when all is there. Exit code 2 and one clear message when something is missing that it cannot install.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, realpathSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, posix, win32 } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const DOWNLOAD_LIMIT_MS = 5 * 60_000;

/** Something is missing or wrong on this machine; the message says what to do. */
export class SetupError extends Error {
  name = "SetupError";
}

/**
 * The browser to run: `WGRAD_CHROME`, else Playwright's own Chromium, else an installed Chrome or Chromium, else null.
 * Throws SetupError when `WGRAD_CHROME` names something that is not a program.
 */
export async function findBrowser(machine = thisMachine()) {
  const chosen = machine.env.WGRAD_CHROME;
  if (chosen) {
    if (machine.isProgram(chosen)) return { path: chosen, source: "WGRAD_CHROME" };
    throw new SetupError(
      `WGRAD_CHROME is "${chosen}", which is not a program that can be run. Set it to the path of a Chrome or Chromium, or unset it.`,
    );
  }
  const own = await machine.playwrightChromium();
  if (own && machine.isProgram(own)) return { path: own, source: "playwright" };
  const installed = usualPlaces(machine).find((path) => machine.isProgram(path));
  return installed ? { path: installed, source: "installed" } : null;
}

/** Where Chrome and Chromium are found on Linux, macOS and Windows, most likely first. */
function usualPlaces({ env, platform, home }) {
  if (platform === "win32") {
    const folders = [env.ProgramFiles, env["ProgramFiles(x86)"], env.LOCALAPPDATA].filter(Boolean);
    return ["Google\\Chrome", "Chromium"].flatMap((product) =>
      folders.map((folder) => win32.join(folder, product, "Application", "chrome.exe")),
    );
  }
  if (platform === "darwin") {
    return ["Google Chrome", "Chromium"].flatMap((product) =>
      ["/Applications", posix.join(home, "Applications")].map((folder) =>
        posix.join(folder, `${product}.app`, "Contents", "MacOS", product),
      ),
    );
  }
  const names = ["google-chrome-stable", "google-chrome", "chromium", "chromium-browser"];
  const folders = (env.PATH ?? "").split(":").filter(Boolean);
  return [
    ...names.flatMap((name) => folders.map((folder) => posix.join(folder, name))),
    "/opt/google/chrome/chrome",
    "/usr/bin/chromium",
    "/usr/lib/chromium/chromium",
    "/snap/bin/chromium",
  ];
}

function thisMachine() {
  return { env: process.env, platform: process.platform, home: homedir(), isProgram, playwrightChromium };
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Loading Playwright takes longer than all the rest, so it is asked only when it has downloaded something. */
async function playwrightChromium() {
  const caches = {
    win32: join(process.env.LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "ms-playwright"),
    darwin: join(homedir(), "Library", "Caches", "ms-playwright"),
  };
  const cache =
    caches[process.platform] ?? join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "ms-playwright");
  if (!process.env.PLAYWRIGHT_BROWSERS_PATH && !existsSync(cache)) return undefined;
  const { chromium } = await import("playwright");
  return chromium.executablePath();
}

/** Vite needs Node 20.19, or 22.12 and later. */
function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if ((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22) return;
  throw new SetupError(`Node ${process.versions.node} is too old: wgrad needs 20.19, or 22.12 and later (nodejs.org).`);
}

function installDependencies() {
  const lock = join(root, "package-lock.json");
  const installed = join(root, "node_modules", ".package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.log("Installing the dependencies (npm ci) ...");
  const npm = process.env.npm_execpath;
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund"];
  const options = { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: "1" };
  const done = npm?.endsWith(".js") ? run(process.execPath, [npm, ...args], options) : run("npm", args, options);
  if (!done) throw new SetupError("The dependencies could not be installed: npm ci failed, see its messages above.");
}

/** Runs a command with its output shown; true when it succeeded. */
function run(command, args, env = {}) {
  const shell = process.platform === "win32" && command === "npm";
  const options = { cwd: root, stdio: "inherit", env: { ...process.env, ...env }, shell };
  return spawnSync(command, args, options).status === 0;
}

/** A downloaded browser may lack system libraries; starting it tells. Windows opens a window instead of answering, so it is trusted. */
function starts(path) {
  return process.platform === "win32" || spawnSync(path, ["--version"], { timeout: 30_000 }).status === 0;
}

/** Playwright's download, with its progress but without the stack traces that it prints when the network is closed. */
function download(playwright) {
  const env = { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: "10000", ...process.env };
  const options = {
    cwd: root,
    stdio: ["ignore", "inherit", "pipe"],
    env,
    timeout: DOWNLOAD_LIMIT_MS,
    encoding: "utf8",
  };
  const { status, stderr } = spawnSync(process.execPath, [...playwright, "install", "--no-shell", "chromium"], options);
  if (status !== 0) console.log(/^Error: .*/m.exec(stderr ?? "")?.[0] ?? "The download took too long.");
  return status === 0;
}

async function installBrowser() {
  const apt = process.platform === "linux" && process.getuid?.() === 0 && isProgram("/usr/bin/apt-get");
  const playwright = [join(root, "node_modules", "playwright", "cli.js")];

  console.log("No Chrome or Chromium found; downloading Playwright's Chromium ...");
  const { chromium } = await import("playwright");
  if (download(playwright) && isProgram(chromium.executablePath())) {
    if (starts(chromium.executablePath())) return;
    if (!apt) {
      throw new SetupError(
        "Chromium was downloaded, but system libraries that it needs are missing. Run: sudo npx playwright install-deps chromium",
      );
    }
    run(process.execPath, [...playwright, "install-deps", "chromium"]);
    if (starts(chromium.executablePath())) return;
    // What cannot run must not be found first the next time.
    rmSync(chromium.executablePath());
  }

  if (apt) {
    console.log("The download did not work; installing Chromium with apt-get ...");
    const quiet = { DEBIAN_FRONTEND: "noninteractive" };
    run("apt-get", ["update", "-q"], quiet);
    run("apt-get", ["install", "-y", "-q", "--no-install-recommends", "chromium"], quiet);
  }
  const found = await findBrowser();
  if (!found || !starts(found.path)) {
    throw new SetupError(
      "No browser could be installed. Install Google Chrome (google.com/chrome) or Chromium (Debian, Ubuntu: sudo apt-get install chromium), or set WGRAD_CHROME to the path of one.",
    );
  }
}

async function main() {
  checkNode();
  installDependencies();
  if (!(await findBrowser())) await installBrowser();
  const browser = await findBrowser();
  console.log(`Browser: ${browser.path}`);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
