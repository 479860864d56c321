import { make } from "../shell/elements.ts";

const tokens =
  /(?<comment>\/\/[^\n]*)|(?<keyword>\b(?:fn|let|var|const|override|struct|enable|if|else|for|while|loop|switch|case|default|return|break|continue|@\w+)\b|@\w+)/g;

/** WGSL as nodes, its comments and keywords in spans of these classes. */
export function colourWgsl(code: string): Node[] {
  const nodes: Node[] = [];
  let from = 0;
  for (const match of code.matchAll(tokens)) {
    nodes.push(new Text(code.slice(from, match.index)));
    nodes.push(make("span", match[0], match.groups?.comment === undefined ? "keyword" : "comment"));
    from = match.index + match[0].length;
  }
  return [...nodes, new Text(code.slice(from))];
}
