/** A `\copy`, taken apart. */
export interface CopyCommand {
  /** The SQL statement that does the server's half. */
  readonly statement: string;
  readonly direction: "from" | "to";
  /** Where the data comes from or goes to on this side: `inline` is the script, or its output. */
  readonly target:
    | { readonly kind: "inline" | "terminal" }
    | { readonly kind: "file" | "program"; readonly name: string };
}

/**
 * Takes the line after `\copy` apart, by the same simple rules as psql: no SQL is parsed.
 * Returns what it stumbled over if it is not well-formed.
 */
export function parseCopyCommand(line: string): CopyCommand | { readonly unexpected: string } {
  const words = new CopyWords(line);
  let head = "";
  let word = words.next(".,()", '"');
  if (word?.toLowerCase() === "binary") {
    head += word;
    word = words.next(".,()", '"');
  }
  if (word === "(") {
    for (let depth = 1; depth > 0; ) {
      head += ` ${word}`;
      word = words.next("()", "\"'");
      if (word === undefined) {
        return { unexpected: "the end of the line" };
      }
      if (word === "(") {
        depth++;
      } else if (word === ")") {
        depth--;
      }
    }
  }
  if (word === undefined) {
    return { unexpected: "the end of the line" };
  }
  head += ` ${word}`;
  word = words.next(".,()", '"');
  if (word === ".") {
    head += word + (words.next(".,()", '"') ?? "");
    word = words.next(".,()", '"');
  }
  if (word === "(") {
    while (word !== ")") {
      head += ` ${word}`;
      word = words.next("()", '"');
      if (word === undefined) {
        return { unexpected: "the end of the line" };
      }
    }
    head += ` ${word}`;
    word = words.next(".,()", '"');
  }
  const direction = word?.toLowerCase();
  if (direction !== "from" && direction !== "to") {
    return { unexpected: word === undefined ? "the end of the line" : `"${word}"` };
  }
  const target = copyTarget(words);
  if ("unexpected" in target) {
    return target;
  }
  const side = direction === "from" ? "FROM STDIN" : "TO STDOUT";
  return { statement: `COPY ${head} ${side} ${words.rest()}`, direction, target };
}

function copyTarget(words: CopyWords): CopyCommand["target"] | { readonly unexpected: string } {
  const word = words.next(";", "'");
  switch (word?.toLowerCase()) {
    case undefined:
    case ";":
      return { unexpected: "the end of the line" };
    case "stdin":
    case "stdout":
      return { kind: "inline" };
    case "pstdin":
    case "pstdout":
      return { kind: "terminal" };
    case "program": {
      const command = words.next(";", "'");
      if (!command || !/^'.*'$/s.test(command)) {
        return { unexpected: "a command without quotes" };
      }
      return { kind: "program", name: unquote(command) };
    }
    default:
      return { kind: "file", name: unquote(word ?? "") };
  }
}

function unquote(word: string): string {
  return word.startsWith("'") ? word.slice(1, -1).replaceAll("''", "'") : word;
}

/** Cuts a line into words, each time by other rules. */
class CopyWords {
  readonly #line: string;
  #position = 0;

  constructor(line: string) {
    this.#line = line;
  }

  /** The next word: a delimiter, something in quotes (kept), or what reaches up to either or a blank. */
  next(delimiters: string, quotes: string): string | undefined {
    const line = this.#line;
    let i = this.#position;
    while (" \t\r\n".includes(line.charAt(i)) && i < line.length) {
      i++;
    }
    if (i >= line.length) {
      return undefined;
    }
    const start = i;
    const first = line.charAt(i);
    const escapes = /[eE]/.test(first) && line.charAt(i + 1) === "'" && quotes.includes("'");
    if (delimiters.includes(first)) {
      i++;
    } else if (quotes.includes(first) || escapes) {
      i = quotedEnd(line, escapes ? i + 1 : i, escapes);
    } else {
      while (i < line.length && !` \t\r\n${delimiters}${quotes}`.includes(line.charAt(i))) {
        i++;
      }
    }
    this.#position = " \t\r\n".includes(line.charAt(i)) ? i + 1 : i;
    return line.slice(start, i);
  }

  rest(): string {
    return this.#line.slice(this.#position);
  }
}

function quotedEnd(line: string, start: number, escapes: boolean): number {
  const quote = line.charAt(start);
  for (let i = start + 1; i < line.length; i++) {
    if (escapes && line.charAt(i) === "\\") {
      i++;
    } else if (line.charAt(i) === quote) {
      if (line.charAt(i + 1) !== quote) {
        return i + 1;
      }
      i++;
    }
  }
  return line.length;
}
