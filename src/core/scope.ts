/**
 * The module path under which nodes are being made. Building a graph is synchronous, so a plain stack serves.
 */
const stack: string[] = [];

/** `"unet/down1/conv2"`: where we are; empty outside a model. */
export function currentPath(): string {
  return stack.join("/");
}

/** Runs `body` one level deeper. */
export function withPath<T>(name: string, body: () => T): T {
  stack.push(name);
  try {
    return body();
  } finally {
    stack.pop();
  }
}

/** Runs `body` at exactly this path; gradients are made at the path of their forward node. */
export function atPath<T>(path: string, body: () => T): T {
  const saved = stack.splice(0, stack.length, path);
  try {
    return body();
  } finally {
    stack.splice(0, stack.length, ...saved);
  }
}
