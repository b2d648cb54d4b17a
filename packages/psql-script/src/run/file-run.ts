import type { CommandFile } from "../commands/command-call.js";
import type { QueryBuffer } from "../read/query-buffer.js";
import { changesEncoding, mentionsStrings } from "../read/reading-settings.js";
import type { PlainRegion, Script } from "../read/script.js";
import { ScriptCursor } from "../read/script-cursor.js";
import { ScriptError } from "../source/script-error.js";
import { unterminated } from "../source/script-problems.js";
import type { SourcePosition } from "../source/source-text.js";
import { ConditionalStack } from "./conditional-stack.js";
import { openInclude } from "./open-include.js";
import { runCommand } from "./run-command.js";
import type { RunState } from "./run-state.js";
import { controlsTransaction, type PartOrigin } from "./script-parts.js";
import { StatementSender } from "./statement-sender.js";
import { resultReference } from "./variables.js";

/** One file of a run, from its first line to its last: the counterpart of psql's main loop. */
export class FileRun implements CommandFile {
  readonly script: Script;
  readonly cursor: ScriptCursor;
  readonly conditions = new ConditionalStack();
  readonly sender: StatementSender;
  readonly origin: PartOrigin;

  readonly #run: RunState;
  #nextRegion = 0;
  /** Lines that need no reading are sent as they stand. */
  #sendsRegions = false;
  /** As psql does, ON_ERROR_STOP is looked at when a line begins. */
  #stopOnError = true;
  /** The line refers to what the statement before it did. */
  #eager = false;
  #quit = false;

  constructor(run: RunState, script: Script, includedFrom: readonly SourcePosition[]) {
    this.script = script;
    this.#run = run;
    this.origin = { source: script, includedFrom };
    this.cursor = new ScriptCursor(script, {
      schemaRoutines: !script.psqlCompat,
      lookup: run.variables.get,
      onRecursion: (name) => this.warn(`the variable "${name}" refers to itself`),
    });
    this.sender = new StatementSender(run, this.cursor, { source: script, includedFrom });
  }

  async execute(): Promise<void> {
    await this.#prepare();
    const { cursor } = this;
    while (!this.#quit) {
      const stop = cursor.advance();
      if (stop === "end") {
        break;
      }
      if (stop === "line") {
        await this.#atLine();
      } else if (stop === "statement") {
        await this.attempt(() => this.#runStatement(cursor.takeQuery()));
      } else if (!(await this.attempt(() => runCommand(this.#run, this)))) {
        cursor.skipLine();
      }
    }
    await this.attempt(() => this.#atEnd());
  }

  async include(path: string): Promise<void> {
    const run = this.#run;
    const offset = this.cursor.commandOffset;
    const script = await openInclude(run, path, { ...this.origin, source: this.script, offset });
    const from = [this.cursor.positionInLine(offset), ...this.origin.includedFrom];
    run.openFiles.push(path);
    try {
      await new FileRun(run, script, from).execute();
    } finally {
      run.openFiles.pop();
    }
  }

  quit(): void {
    this.#quit = true;
  }

  /** Asks the server beforehand for what the reading of this file depends on. */
  async #prepare(): Promise<void> {
    const { script } = this;
    const { outbox } = this.#run;
    const { backslashInString, changesStrings, plain, psqlCompat } = script;
    if (backslashInString) {
      await outbox.knowStandardStrings();
    }
    // Only with the setting that it was parsed by is the text cut as the server cuts it.
    const cutHolds = plain && !changesStrings && outbox.settings.standardStrings === true;
    this.#sendsRegions = !psqlCompat && (!backslashInString || cutHolds);
    if (!script.plain && script.text.includes("SERVER_VERSION")) {
      await this.#run.knowServerVersion();
    }
  }

  async #atLine(): Promise<void> {
    const { cursor, script } = this;
    const run = this.#run;
    this.#stopOnError = run.variables.isOn("ON_ERROR_STOP");
    if (run.outbox.isFull) {
      await this.attempt(() => this.sender.flush());
    }
    if (script.plain && this.#sendsRegions) {
      this.#eager = false;
    } else {
      const line = cursor.lineText;
      this.#eager = run.variables.mentionsResults || resultReference.test(line);
      const mayEscape = script.backslashInString && line.includes("\\") && line.includes("'");
      if ((this.#eager || mayEscape) && !run.outbox.idle) {
        await this.attempt(() => this.sender.flush());
      }
    }
    cursor.lexer.standardStrings = run.outbox.settings.standardStrings ?? true;
    const region = this.#regionHere();
    if (region !== undefined) {
      await this.#sendRegion(region);
    }
  }

  /** The lines from here on that need no reading. */
  #regionHere(): PlainRegion | undefined {
    const { cursor } = this;
    const { regions } = this.script;
    while ((regions[this.#nextRegion]?.start ?? Infinity) < cursor.lineStart) {
      this.#nextRegion++;
    }
    const region = regions[this.#nextRegion];
    const isHere = region?.start === cursor.lineStart && cursor.active && cursor.atRest;
    return isHere && this.#sendsRegions ? region : undefined;
  }

  /** Adds the lines to the next message, or sends each statement of them, and goes on after them. */
  async #sendRegion(region: PlainRegion): Promise<void> {
    if (this.#oneByOne) {
      // Each may change how the server cuts the next one.
      if (this.script.backslashInString) {
        return;
      }
      await this.attempt(() => this.sender.flush());
      const statements = region.statements[Symbol.iterator]();
      while (!(await this.attempt(() => this.sender.sendEach(statements)))) {}
      this.sender.previous = region.statements.at(-1)?.query;
    } else if (region.lastControlAt === undefined || this.#run.expectOpenTransaction) {
      this.sender.addRegion(region);
    } else {
      return;
    }
    this.cursor.jump(region.end, region.nextLine);
  }

  /** Each statement is a message of its own. */
  get #oneByOne(): boolean {
    return this.#run.batching === "single" || !this.#stopOnError || this.#eager;
  }

  async #runStatement(query: QueryBuffer): Promise<void> {
    if (this.#run.expectOpenTransaction && this.#framesLargeObjects(query)) {
      return;
    }
    if (!this.#run.expectOpenTransaction && controlsTransaction(query)) {
      query.standsAlone = true;
    }
    if (this.#changesReading(query)) {
      query.standsAlone = true;
    }
    if (this.#oneByOne || query.mayCopyFromStdin || query.standsAlone) {
      await this.sender.send(query);
    } else {
      this.sender.add(query);
    }
  }

  /** The server reads what comes after it in another way: it must not be in the same message. */
  #changesReading(query: QueryBuffer): boolean {
    const text = query.toString();
    const changesCut = this.script.backslashInString && mentionsStrings.test(text);
    return changesCut || changesEncoding.test(text);
  }

  /** It is the BEGIN or COMMIT that pg_dump writes around the data of large objects. */
  #framesLargeObjects(query: QueryBuffer): boolean {
    const { largeObjectFrames } = this.script;
    return largeObjectFrames.size > 0 && largeObjectFrames.has(query.sourceOffset(0));
  }

  async #atEnd(): Promise<void> {
    const { cursor, conditions, script } = this;
    const { opening } = cursor;
    const openBlock = this.#quit ? undefined : conditions.openedAt;
    if (!script.psqlCompat && opening !== undefined && conditions.active) {
      throw unterminated(opening.what, { ...this.origin, offset: opening.offset });
    }
    if (conditions.active && cursor.query.length > 0) {
      await this.#runStatement(cursor.takeQuery());
    }
    if (openBlock !== undefined) {
      throw unterminated("\\if", { ...this.origin, offset: openBlock });
    }
  }

  async attempt(action: () => Promise<unknown>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      if (this.#stopOnError || !(error instanceof ScriptError) || !this.#mayGoOn(error)) {
        throw error;
      }
      this.#run.firstError ??= error;
      this.#run.output.write(`${error.message}\n`, "stderr");
      return false;
    }
  }

  #mayGoOn({ code }: ScriptError): boolean {
    if (code === "SCRIPT_FAILED" || code === "SCRIPT_COMMAND_FAILED") {
      return true;
    }
    return this.script.psqlCompat && code === "SCRIPT_COMMAND_REFUSED";
  }

  warn(message: string): void {
    const { file } = this.script;
    this.#run.output.write(`${file}:${this.cursor.line}: warning: ${message}\n`, "stderr");
  }
}
