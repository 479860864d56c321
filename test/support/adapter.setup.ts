/** No adapter fails every test of the browser; the first file that runs says which adapter it is. */
const adapter = await navigator.gpu?.requestAdapter();
if (!adapter) {
  throw new Error(
    "The browser has no WebGPU adapter. WGRAD_ADAPTER=software makes it use SwiftShader; `npm run setup` finds or installs a browser.",
  );
}
if (!sessionStorage.getItem("adapter")) {
  const { vendor, architecture, isFallbackAdapter } = adapter.info;
  const software = isFallbackAdapter || architecture === "swiftshader";
  console.info(`Adapter: ${vendor || "unknown"} ${architecture || ""} (${software ? "software" : "hardware"})`);
  sessionStorage.setItem("adapter", "told");
}

export {};
