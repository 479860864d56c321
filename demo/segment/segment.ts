import type { Mount } from "../shell/tab.ts";

export const mount: Mount = (host) => {
  host.textContent = "";
  return { show() {}, hide() {} };
};
