/** No file name is longer; what a ledger holds can be. */
const longest = 255;

/** The name of a version as messages show it: one that no file can have is cut. */
export function shownName(name: string): string {
  if (name.length <= longest) {
    return name;
  }
  return `${name.slice(0, 60)}… (${name.length} characters)`;
}
