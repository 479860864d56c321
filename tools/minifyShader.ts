/**
 * The same program in fewer characters, for a library that ships: no comments, no spaces that part nothing, and short names
 * for what is local to a function. A declaration of module scope stays a line, as the linker reads them; module-scope names
 * stay, because files are linked by them; so do the `// unroll` marks.
 */
export function minifyShader(source: string): string {
  let text = "";
  let last = "";
  let depth = 0;
  for (const token of renameLocals(tokensOf(source))) {
    text += joins(last, token) ? token : ` ${token}`;
    last = token;
    if (/[({]/.test(token)) depth++;
    if (/[)}]/.test(token)) depth--;
    if (token === mark || (depth === 0 && /[;}]/.test(token))) {
      text += "\n";
      last = "";
    }
  }
  return text.trimEnd();
}

const mark = "// unroll";
const name = /^[A-Za-z_]\w*$/;
const tokens =
  /\/\/.*|[A-Za-z_]\w*|(?:0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[iufh]?|->|[-+*/%&|^<>=!]=|<<=?|>>=?|&&|\|\||\+\+|--|\S/g;

/** Words, numbers, operators and the linker's marks, in order. */
export function tokensOf(source: string): string[] {
  const found = source.match(tokens) ?? [];
  return found.filter((token) => !token.startsWith("//") || token === mark);
}

/** Whether two tokens are still two without a space between them. */
function joins(a: string, b: string): boolean {
  return a === "" || b === mark || (a + b).match(tokens)?.[0] === a;
}

function renameLocals(all: readonly string[]): string[] {
  const renamed = [...all];
  for (let at = 0; at < all.length; at++) {
    if (all[at] !== "fn") continue;
    const end = blockEnd(all, all.indexOf("{", at));
    const names = shortNames(all.slice(at, end + 1));
    for (let i = at; i <= end; i++) {
      if (all[i - 1] !== ".") renamed[i] = names.get(all[i] ?? "") ?? (all[i] as string);
    }
    at = end;
  }
  return renamed;
}

/** A short name for each parameter and variable of one function, but for those that hide something of module scope in it. */
function shortNames(text: readonly string[]): Map<string, string> {
  const declared = declarations(text);
  const isName = (token: string, i: number) => name.test(token) && text[i - 1] !== ".";
  const hiding = new Set(
    text.filter((token, i) => {
      const places = declared.get(token);
      return places && isName(token, i) && !places.some(({ at, from, to }) => i === at || (i > from && i < to));
    }),
  );
  const locals = [...declared.keys()].filter((local) => !hiding.has(local));
  const taken = new Set(text.filter((token, i) => !isName(token, i) || !locals.includes(token)));
  const short = candidates();
  return new Map(
    locals.map((local) => {
      let next = short.next().value;
      while (taken.has(next)) next = short.next().value;
      return [local, next];
    }),
  );
}

interface Declaration {
  /** Index of the name, and the indices between which it stands for this. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

function declarations(text: readonly string[]): Map<string, Declaration[]> {
  const found = new Map<string, Declaration[]>();
  const add = (at: number, from: number, to: number) => {
    const local = text[at] ?? "";
    found.set(local, [...(found.get(local) ?? []), { at, from, to }]);
  };
  const body = text.indexOf("{");
  for (let i = 0; i < text.length; i++) {
    const token = text[i] ?? "";
    if (i < body && name.test(token) && text[i + 1] === ":") add(i, i, text.length);
    if (i > body && ["let", "var", "const"].includes(token)) {
      const at = text[i + 1] === "<" ? text.indexOf(">", i) + 1 : i + 1;
      add(at, text.indexOf(";", at), blockEnd(text, i));
    }
  }
  return found;
}

/** Where the innermost block around what follows index `i` ends. */
function blockEnd(text: readonly string[], i: number): number {
  let depth = 1;
  let at = i;
  while (depth > 0 && ++at < text.length) depth += text[at] === "{" ? 1 : text[at] === "}" ? -1 : 0;
  return at;
}

/** a, b, .., Z, aa, ab, ..: none is a word of WGSL. */
function* candidates(): Generator<string, never> {
  const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  yield* letters;
  for (;;) for (const first of letters) for (const second of letters) yield `${first}_${second}`;
}
