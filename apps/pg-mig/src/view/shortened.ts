/** So many characters of one text of a server are shown; all of it is in the report and in JSON. */
const longestShown = 2000;

/** And so many where it is one line among others. */
export const longestOnOneLine = 500;

/** A text as it is shown: of a very long one its beginning, and how much is left out. Pure. */
export function shortened(text: string, longest = longestShown): string {
  if (text.length <= longest) {
    return text;
  }
  // Not in the middle of a character of two units.
  const end = /[\uD800-\uDBFF]/.test(text.charAt(longest - 1)) ? longest - 1 : longest;
  const more = String(text.length - end).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${text.slice(0, end)} … (${more} more characters: see --report or --json)`;
}
