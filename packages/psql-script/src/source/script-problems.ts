import { oddCharacterInWord } from "./odd-character.js";
import { ScriptError, type ScriptErrorOptions } from "./script-error.js";
import type { SourcePosition, SourceText } from "./source-text.js";

/** Where a problem is. */
export interface ProblemPlace {
  readonly source: SourceText;
  readonly offset: number;
  readonly includedFrom?: readonly SourcePosition[];
}

/** Something is open at the end of a file. */
export function unterminated(what: string, place: ProblemPlace, hint?: string): ScriptError {
  return new ScriptError(`this ${what} is never closed.`, {
    ...at(place),
    code: "SCRIPT_UNTERMINATED",
    hint: hint ?? `Close the ${what}, or remove it.`,
  });
}

/** psql has no such command. */
export function unknownCommand(name: string, place: ProblemPlace): ScriptError {
  const [, known, rest] = /^([a-z]+)(;.*)$/.exec(name) ?? [];
  return new ScriptError(`there is no psql command \\${name}.`, {
    ...at(place),
    code: "SCRIPT_COMMAND_REFUSED",
    hint:
      known === undefined
        ? (oddCharacterInWord(place.source, place.offset + 1, name) ??
          "Correct its name; a backslash outside of quotes begins a psql command.")
        : `Write \\${known} without "${rest}": psql takes it for a part of the name.`,
  });
}

/** A command that cannot work in a script which runs over the driver. */
export function refusedCommand(
  name: string,
  { why, instead }: { readonly why: string; readonly instead: string },
  place: ProblemPlace,
): ScriptError {
  return new ScriptError(`\\${name} cannot be used: ${why}.`, {
    ...at(place),
    code: "SCRIPT_COMMAND_REFUSED",
    hint: instead,
  });
}

const blankPiece =
  /[ \t\n\r\f\v]+|--[^\n]*|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/|\\endif(?=[ \t\n\r\f\v]|$)/y;

/** Nothing but blanks, comments and the ends of `\if` blocks. */
export function isBlank(text: string): boolean {
  let end = 0;
  while (end < text.length) {
    blankPiece.lastIndex = end;
    const [piece] = blankPiece.exec(text) ?? [];
    if (piece === undefined) {
      return false;
    }
    end += piece.length;
  }
  return true;
}

function at(place: ProblemPlace): Omit<ScriptErrorOptions, "code"> {
  return { part: "script", ...place };
}
