/**
 * The README with the figures of one work in it, in place of those that were there or, if there were none,
 * after all others. Pure. Throws if there is no place for figures.
 */
export function withFigures(readme: string, work: string, lines: readonly string[]): string {
  const [begin, end] = [`<!-- figures: ${work} -->`, `<!-- end: ${work} -->`];
  const section = [begin, "", ...lines, "", end].join("\n");
  const from = readme.indexOf(begin);
  if (from >= 0) {
    return readme.slice(0, from) + section + readme.slice(readme.indexOf(end) + end.length);
  }
  const last = readme.indexOf("<!-- end of figures -->");
  if (last < 0) {
    throw new Error("The README has no line <!-- end of figures -->.");
  }
  return `${readme.slice(0, last)}${section}\n\n${readme.slice(last)}`;
}
