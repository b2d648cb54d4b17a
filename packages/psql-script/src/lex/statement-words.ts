const tracked = 4;

/** Which words of a statement psql looks at; anything else that stands among them is a blank. */
const letters: Readonly<Record<string, string>> = {
  create: "c",
  function: "f",
  procedure: "p",
  or: "o",
  replace: "r",
  schema: "s",
};

/**
 * The unquoted words of the statement that is being read: as much of them as psql looks at to find
 * the semicolons inside `CREATE FUNCTION … BEGIN ATOMIC … END`, which do not end the statement.
 *
 * It is psql's heuristic and not a parser: a routine that is *named* `begin` opens a block, too.
 */
export class StatementWords {
  /** How many BEGIN and CASE of a routine's body are open. */
  depth = 0;
  /** The statement has both the word COPY and the word STDIN: the server may ask for data. */
  get mayCopyFromStdin(): boolean {
    return this.#copy && this.#stdin;
  }

  readonly #schemaRoutines: boolean;
  #count = 0;
  #first = "";
  #inSchema = false;
  #copy = false;
  #stdin = false;

  /** @param schemaRoutines the rule of psql 19: bodies are found inside CREATE SCHEMA, too. */
  constructor(schemaRoutines: boolean) {
    this.#schemaRoutines = schemaRoutines;
  }

  /** Behind `\;`: the words count anew, but it is still the same statement that is sent. */
  restart(): void {
    this.#count = 0;
    this.#first = "";
    this.#inSchema = false;
  }

  /** Behind the end of a statement. An open block stays open, as in psql. */
  endStatement(): void {
    this.restart();
    this.#copy = false;
    this.#stdin = false;
  }

  reset(): void {
    this.endStatement();
    this.depth = 0;
  }

  see(text: string, start: number, end: number, parenDepth: number): void {
    const length = end - start;
    if (length === 4 || length === 5) {
      this.#noteCopy(text.slice(start, end).toLowerCase());
    }
    if (this.#inSchema || this.#count < tracked) {
      this.#track(text.slice(start, end).toLowerCase(), parenDepth);
    }
    this.#count++;
    if (parenDepth === 0 && length >= 3 && length <= 5 && this.#isRoutine()) {
      this.#nest(text.slice(start, end).toLowerCase());
    }
  }

  #noteCopy(word: string): void {
    if (word === "copy") {
      this.#copy = true;
    } else if (word === "stdin") {
      this.#stdin = true;
    }
  }

  #track(word: string, parenDepth: number): void {
    // Each CREATE among the elements of a CREATE SCHEMA begins a statement of its own.
    if (this.#inSchema && word === "create" && parenDepth === 0 && this.depth === 0) {
      this.#first = "";
      this.#count = 0;
    }
    if (this.#count >= tracked) {
      return;
    }
    const letter = letters[word] ?? " ";
    this.#first += letter === "s" && !this.#schemaRoutines ? " " : letter;
    if (this.#first === "cs") {
      this.#inSchema = true;
    }
  }

  #isRoutine(): boolean {
    return /^c(?:or)?[fp]/.test(this.#first);
  }

  #nest(word: string): void {
    if (word === "begin") {
      this.depth++;
    } else if (word === "case" && this.depth > 0) {
      this.depth++;
    } else if (word === "end" && this.depth > 0) {
      this.depth--;
    }
  }
}
