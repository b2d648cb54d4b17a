import { copyChunks, lineOffset } from "../lex/copy-data.js";
import type { QueryBuffer } from "../read/query-buffer.js";
import type { PlainRegion, Script } from "../read/script.js";
import type { ScriptCursor } from "../read/script-cursor.js";
import { leadingWordsOf, type ScriptStatement } from "../read/statement.js";
import { ScriptError } from "../source/script-error.js";
import type { RunFlushOptions as FlushOptions, RunState } from "./run-state.js";
import { type PartOrigin, queryPart, regionPart, textPart } from "./script-parts.js";
import type { CopyFormat, CopySource, QueryOutcome } from "./simple-query.js";
import { StatementPart } from "./statement-part.js";

/** Hands the statements of one file to the outbox, and the file's data lines to their COPY. */
export class StatementSender {
  /** The query that was sent last, for commands that run it again. */
  previous: QueryBuffer | undefined;

  readonly #run: RunState;
  readonly #cursor: ScriptCursor;
  readonly #origin: PartOrigin & { readonly source: Script };
  /** Where the data lines begin that the server was given last. */
  #data: number | undefined;

  constructor(
    run: RunState,
    cursor: ScriptCursor,
    origin: PartOrigin & { readonly source: Script },
  ) {
    this.#run = run;
    this.#cursor = cursor;
    this.#origin = origin;
  }

  /** Adds a query to the next message. */
  add(query: QueryBuffer): void {
    this.previous = query;
    // psql sends what holds nothing, too; the server only says that it is empty.
    if (query.contents.length === 0 && !this.#origin.source.psqlCompat) {
      return;
    }
    this.#run.outbox.add(queryPart(query, this.#origin));
  }

  /** Adds lines of the file, as they stand there, to the next message. */
  addRegion(region: PlainRegion): void {
    this.previous = region.statements.at(-1)?.query;
    if (region.contents.length > 0) {
      this.#run.outbox.add(regionPart(region, this.#origin));
    }
  }

  /** Sends statements of a region one by one. After one that fails, the next call goes on with those that are left. */
  async sendEach(statements: Iterator<ScriptStatement>): Promise<void> {
    for (let next = statements.next(); !next.done; next = statements.next()) {
      const statement = next.value;
      if (statement.contents.length > 0) {
        const outcome = await this.#run.send(new StatementPart(statement, this.#origin));
        this.#checkCommit(statement, outcome);
      }
    }
  }

  /** Sends a query, with all that waits, and waits for what becomes of it. */
  async send(query: QueryBuffer, options: FlushOptions = {}): Promise<QueryOutcome | undefined> {
    if (query.standsAlone) {
      await this.flush();
    }
    this.add(query);
    const data = query.mayCopyFromStdin ? { onCopyIn: this.copyData } : {};
    const outcome = await this.flush({ ...data, ...options });
    this.#checkCommit({ query }, outcome);
    return outcome;
  }

  /** Sends text that stands nowhere in the file, but was made at `offset`. */
  async sendText(
    text: string,
    offset: number,
    options: FlushOptions = {},
  ): Promise<QueryOutcome | undefined> {
    this.#run.outbox.add(textPart(text, offset, this.#origin));
    return this.flush(options);
  }

  /** The data lines of the file, for the COPY whose statement was just sent. */
  readonly copyData = (format: CopyFormat): CopySource => {
    if (format === "binary" && !this.#origin.source.psqlCompat) {
      return {
        refusal: "binary data cannot stand in a script",
        hint: "Write the data as text, or load it from a file: \\copy … from 'file' (FORMAT binary)",
      };
    }
    const { start, end } = this.#cursor.takeCopyData();
    this.#data = start;
    return copyChunks(this.#origin.source.text, start, end);
  };

  /** Sends what waits. An error in the data of a COPY is led to the data's line. */
  async flush(options: FlushOptions = {}): Promise<QueryOutcome | undefined> {
    this.#data = undefined;
    try {
      return await this.#run.flush(options);
    } catch (error) {
      if (!(error instanceof ScriptError) || this.#data === undefined) {
        throw error;
      }
      const line = Number(/^COPY .*?, \D*(\d+)/.exec(error.context ?? "")?.[1]);
      if (!(line > 0)) {
        throw error;
      }
      throw error.movedTo(lineOffset(this.#origin.source.text, this.#data, line - 1));
    }
  }

  /** Without ON_ERROR_STOP a COMMIT can be a ROLLBACK, and succeeds. */
  #checkCommit(statement: Pick<ScriptStatement, "query">, outcome: QueryOutcome | undefined): void {
    if (this.#origin.source.psqlCompat || outcome?.tags.at(-1) !== "ROLLBACK") {
      return;
    }
    const { query } = statement;
    const [word] = leadingWordsOf(query.toString(), 1);
    if (word !== "COMMIT" && word !== "END") {
      return;
    }
    throw new ScriptError("the transaction was rolled back, not committed.", {
      ...this.#origin,
      part: "script",
      code: "SCRIPT_ROLLED_BACK",
      offset: query.sourceOffset(query.contents[0] ?? 0),
      hint: "A statement of the transaction failed before.",
    });
  }
}
