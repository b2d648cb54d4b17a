/**
 * Reads a boolean as psql spells it: any beginning of true, false, yes and no, of on and off from two
 * letters, 1 and 0, in any case. Undefined for anything else.
 */
export function parsePsqlBoolean(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (word === "") {
    return undefined;
  }
  if ("true".startsWith(word) || "yes".startsWith(word) || word === "on" || word === "1") {
    return true;
  }
  if ("false".startsWith(word) || "no".startsWith(word) || word === "0") {
    return false;
  }
  return word === "of" || word === "off" ? false : undefined;
}
