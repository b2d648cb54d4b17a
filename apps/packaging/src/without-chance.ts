/**
 * Puts what is another one each time into a fixed form: ports of servers, timestamps of versions (both keep
 * their order), and how long something took. Servers work at the same time: lines that differ in nothing but
 * the server come in the order of the servers. Pure.
 */
export function withoutChance(outputs: readonly string[]): readonly string[] {
  const ports = ranks(outputs, /(?<=127\.0\.0\.1:)\d+/g);
  const timestamps = ranks(outputs, /\b\d{14}(?=\.)/g);
  return outputs.map((output) => {
    const lines = output
      .replace(/(?<=127\.0\.0\.1:)\d+/g, (port) => String(15_001 + (ports.get(port) ?? 0)))
      .replace(/\b\d{14}(?=\.)/g, (time) => `2027010409${(timestamps.get(time) ?? 0) + 10}00`)
      .replace(/\bin (?:\d+ min )?[\d.]+ m?s\b/g, "in 412 ms")
      .split("\n");
    for (let from = 0, to = 0; from < lines.length; from = to) {
      const kind = withoutPort(lines[from]);
      while (to < lines.length && withoutPort(lines[to]) === kind) {
        to++;
      }
      lines.splice(from, to - from, ...lines.slice(from, to).sort());
    }
    return lines.join("\n");
  });
}

function withoutPort(line: string | undefined): string | undefined {
  return line?.replace(/127\.0\.0\.1:\d+/g, "");
}

/** Where each of the found texts stands among them, when they are sorted. */
function ranks(texts: readonly string[], pattern: RegExp): ReadonlyMap<string, number> {
  const found = new Set(texts.flatMap((text) => text.match(pattern) ?? []));
  return new Map([...found].sort().map((text, index) => [text, index]));
}
