/** Keywords of libpq with their values, in the order in which they were given. */
export type Parameters = Readonly<Record<string, string>>;

/** Tells whether a text starts as a keyword/value connection string does: `host=db1 user=ann`. */
export function isConninfo(text: string): boolean {
  return /^\s*[a-z_]+\s*=/.test(text);
}

/**
 * Reads a keyword/value connection string by libpq's rules: blanks between the pairs and around `=`,
 * values with blanks in single quotes, `\` before a character that is to be taken as it is. Of a
 * keyword that is given twice the last value counts. Pure.
 *
 * @throws Error that shows nothing of the text, in which a password may be
 */
export function parseConninfo(text: string): Parameters {
  const parameters: Record<string, string> = {};
  const pair = /\s*([^=\s]*)\s*(=?)\s*(?:'((?:[^'\\]|\\.)*)('?)|((?:[^\s\\]|\\.|\\$)*))\s*/sy;
  const end = text.trimEnd().length;
  for (let count = 1; pair.lastIndex < end; count++) {
    const match = pair.exec(text);
    const [, keyword = "", equals, quoted, quote, bare = ""] = match ?? [];
    if (match === null || quote === "") {
      throw new Error(`the value of its keyword number ${count} has a quote that does not end`);
    }
    if (keyword === "" || equals === "") {
      throw new Error(`there is no "=" after its keyword number ${count}`);
    }
    parameters[keyword] = (quoted ?? bare).replace(/\\(.)|\\$/gs, "$1");
  }
  return parameters;
}

/** Writes a keyword/value connection string, which {@link parseConninfo} reads back. Pure. */
export function renderConninfo(parameters: Parameters): string {
  return Object.entries(parameters)
    .map(([keyword, value]) => `${keyword}='${value.replace(/[\\']/g, "\\$&")}'`)
    .join(" ");
}
