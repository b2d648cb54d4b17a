import { ScriptError } from "../source/script-error.js";
import type { OutboxPart } from "./outbox-part.js";
import type { ScriptClient } from "./script-client.js";

/** The settings of the server that decide how it reads text. */
export class TextSettings {
  /** The server's standard_conforming_strings, where it is known. */
  standardStrings: boolean | undefined;
  #encoding: string | undefined;
  #stringsChanged = false;

  constructor(client: ScriptClient) {
    const strings = client.getParameterStatus?.("standard_conforming_strings");
    this.standardStrings = strings === undefined ? undefined : strings === "on";
  }

  /** A message goes out. */
  begin(): void {
    this.#stringsChanged = false;
  }

  /** The server reports that a parameter changed. */
  note(name: string, value: string): void {
    if (name === "standard_conforming_strings") {
      this.standardStrings = value === "on";
      this.#stringsChanged = true;
    }
    if (name !== "client_encoding") {
      return;
    }
    this.#encoding = /^(?:UTF8|SQL_ASCII)$/.test(value) ? undefined : value;
  }

  /** Throws if, after a message of these parts, what comes next would be read in another way than it is written. */
  check(parts: readonly OutboxPart[]): void {
    if (this.#encoding !== undefined) {
      const last = parts.findLast(({ part }) => part === "script");
      throw new ScriptError(`the client encoding is ${this.#encoding} after this statement.`, {
        ...(last ?? { part: "script", source: undefined }),
        offset: last?.statements.at(-1),
        code: "SCRIPT_ENCODING",
        hint: "Leave client_encoding at UTF8, and save the script as UTF-8.",
      });
    }
    const misread = this.#stringsChanged && parts.find(({ stringsMatter }) => stringsMatter);
    if (misread) {
      throw new ScriptError("a statement here changed standard_conforming_strings.", {
        ...misread,
        offset: misread.statements[0],
        code: "SCRIPT_STRINGS",
        hint: "Write SET standard_conforming_strings in the file itself: the strings after it are read in another way.",
      });
    }
  }
}
