import { unterminated } from "./parse-script.js";
import type { QueryBuffer } from "./query-buffer.js";
import type { RunScriptOptions } from "./run-script.js";
import type { PlainRegion, Script } from "./script.js";
import { ScriptCursor } from "./script-cursor.js";
import { ScriptError } from "./script-error.js";
import { type PartOrigin, queryPart, regionPart } from "./script-parts.js";
import type { Session } from "./session.js";

/** Executes scripts on a session: the counterpart of psql's main loop. */
export class ScriptInterpreter {
  readonly #session: Session;
  readonly #variables: Map<string, string>;
  readonly #batching: "joined" | "single";

  constructor(session: Session, options: RunScriptOptions) {
    this.#session = session;
    this.#variables = new Map(Object.entries(options.variables ?? {}));
    this.#batching = options.batching ?? "joined";
  }

  async run(script: Script): Promise<void> {
    const origin: PartOrigin = { source: script, includedFrom: [] };
    const cursor = new ScriptCursor(script, {
      schemaRoutines: true,
      lookup: (name) => this.#variables.get(name),
    });
    const regions = script.regions[Symbol.iterator]();
    let region = regions.next().value;
    for (let stop = cursor.advance(); stop !== "end"; stop = cursor.advance()) {
      if (stop === "statement") await this.#send(cursor.takeQuery(), origin);
      else if (stop === "command") throw refuseCommand(cursor, origin);
      else if (this.#batching === "joined" && region?.start === cursor.lineStart && cursor.atRest) {
        this.#sendRegion(region, cursor, origin);
        region = regions.next().value;
      }
    }
    if (cursor.opening !== undefined) throw unterminated(script, cursor.opening);
    if (cursor.query.length > 0) await this.#send(cursor.takeQuery(), origin);
  }

  #sendRegion(region: PlainRegion, cursor: ScriptCursor, origin: PartOrigin): void {
    this.#session.add(regionPart(region, origin));
    cursor.jump(region.end, region.nextLine);
  }

  async #send(query: QueryBuffer, origin: PartOrigin): Promise<void> {
    if (query.contents.length === 0) return;
    this.#session.add(queryPart(query, origin));
    if (this.#batching === "single") await this.#session.flush();
  }
}

function refuseCommand(cursor: ScriptCursor, { source }: PartOrigin): ScriptError {
  const offset = cursor.offset - 1;
  const name = /^[^\s\\]*/.exec(cursor.rest())?.[0] ?? "";
  return new ScriptError(`the psql command \\${name} is not supported.`, {
    code: "SCRIPT_COMMAND_REFUSED",
    hint: "Write what it does in SQL.",
    part: "script",
    source,
    offset,
  });
}
