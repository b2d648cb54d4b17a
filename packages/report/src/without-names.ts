/** A message without what differs from one shard to the next: quoted parts, and the given names. */
export function withoutNames(message: string, names: readonly string[]): string {
  const unquoted = message.replace(/"(?:[^"]|"")*"|'(?:[^']|'')*'|«[^»]*»|„[^“]*“/gu, '""');
  return names.reduce((text, name) => {
    // Only whole words: a shard named "a" must not take every "a" out of the sentence.
    const word = new RegExp(
      `(?<![\\p{L}\\p{N}_$])${escapePattern(name)}(?![\\p{L}\\p{N}_$])`,
      "gu",
    );
    return text.replace(word, '""');
  }, unquoted);
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
