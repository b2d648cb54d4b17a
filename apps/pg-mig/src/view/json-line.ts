/** What JSON leaves as it is, and a terminal would obey, or nobody would see. */
const hidden = /[\u007F-\u009F\p{Cf}\u2028\u2029]/gu;

/** One line of JSON, with a line feed; characters that cannot be seen are escaped. Pure. */
export function jsonLine(value: unknown): string {
  return `${escapeHidden(JSON.stringify(value))}\n`;
}

/** Escapes in JSON text what cannot be seen; it means the same. */
export function escapeHidden(json: string): string {
  return json.replace(hidden, (character) =>
    [...Array(character.length).keys()]
      .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
