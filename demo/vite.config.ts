import { resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";
import { mnistWebMirrors } from "../src/data/mnist.ts";
import { wgsl } from "../tools/shader-plugin.ts";
import { installedEngines } from "./measure/installedEngines.ts";

const root = resolve(import.meta.dirname, "..");
const comments = true;

/** `npm run build:page` makes the page as files that any server can show, below any address. */
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [wgsl({ root, comments }), installedEngines(), contentPolicy()],
  worker: { format: "es", plugins: () => [wgsl({ root, comments })] },
  build: {
    outDir: resolve(root, "dist-page"),
    emptyOutDir: true,
    target: "es2022",
    copyPublicDir: false,
    // A tab's styles that once did not come, for want of a network, would not be asked for again with its module.
    cssCodeSplit: false,
    rollupOptions: {
      input: ["index.html", "measure/engine.html"].map((page) => resolve(import.meta.dirname, page)),
    },
  },
  // Sources of the library lie beside this folder.
  server: { fs: { allow: [root] } },
});

/** The page may load nothing but its own files, and MNIST where a person asks for that. */
function contentPolicy(): Plugin {
  const policy = [
    "default-src 'self'",
    "img-src 'self' blob: data:",
    `connect-src 'self' ${mnistWebMirrors.map((url) => new URL(url).origin).join(" ")}`,
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
  ].join("; ");
  return {
    name: "content-policy",
    transformIndexHtml: () => [
      { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: policy }, injectTo: "head-prepend" },
    ],
    apply: "build",
  };
}
