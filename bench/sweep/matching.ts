/** The cases whose name `only` finds. @throws Error where it finds none: that would time nothing */
export function matching<Case>(cases: readonly Case[], only: RegExp, nameOf: (each: Case) => string): Case[] {
  const found = cases.filter((each) => only.test(nameOf(each)));
  if (found.length > 0) return found;
  const names = [...new Set(cases.map(nameOf))];
  const shown = names.slice(0, 5).join(", ");
  throw new Error(`--only ${only.source} finds none of ${names.length} cases, such as ${shown}.`);
}
