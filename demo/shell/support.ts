/** What a page finds of WebGPU. */
export type Support = { readonly adapter: string } | { readonly missing: string };

/** Name of the GPU, or why there is none and what a person can do about it. */
export async function findSupport(): Promise<Support> {
  if (!isSecureContext) {
    return { missing: "Browsers offer WebGPU to secure pages alone: open this page by https, or from localhost." };
  }
  if (!navigator.gpu) return { missing: `This browser has no WebGPU, or has it switched off. ${advice()}` };
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return { missing: `This browser has WebGPU, but no GPU that it trusts. ${advice()}` };
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  // Firefox names none.
  const unnamed = isFallbackAdapter ? "a software adapter" : "a GPU without a name";
  return { adapter: description || [vendor, architecture].filter(Boolean).join(" ") || unnamed };
}

/** Which browser has WebGPU, and which flag switches it on in this one. */
function advice(): string {
  const { userAgent } = navigator;
  if (/firefox/i.test(userAgent)) {
    return "Firefox has it from version 141 on Windows and 145 on macOS; elsewhere set dom.webgpu.enabled in about:config, or use Chrome or Edge.";
  }
  if (/chrom/i.test(userAgent)) {
    return "Chrome and Edge have it from version 113, on Android from 121. On Linux, start them with --enable-unsafe-webgpu --enable-features=Vulkan, or open chrome://flags and enable #enable-unsafe-webgpu; without a GPU add --use-webgpu-adapter=swiftshader.";
  }
  if (/safari/i.test(userAgent)) {
    return "Safari has it from version 26; before that, switch on the feature flag WebGPU in its settings, or use Chrome or Edge.";
  }
  return "Use Chrome or Edge 113, Safari 26 or Firefox 141, or newer.";
}
