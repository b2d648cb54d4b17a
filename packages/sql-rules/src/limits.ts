import type { Problem } from "@pg-mig/model";
import { nearestWord } from "@pg-mig/model";
import { leadingWords, type Script, tokenize } from "@pg-mig/psql-script";

/** What a file's pseudo comments, `-- $name = value`, ask for. */
export interface Limits {
  /** `$parallelism_per_host`: at most so many shards at a time on one host; at least 1. */
  readonly perHost: number | undefined;
  /** `$parallelism_global`: at most so many over the whole cluster; at least 1. */
  readonly global: number | undefined;
  /** `$delay`: how long to wait after each shard, still holding the limits. 0 where not given. */
  readonly delayMs: number;
  /** `$run_alone`: nothing else runs anywhere meanwhile. */
  readonly runAlone: boolean;
  /** `$lock_timeout`: how long to wait for a lock; 0 means for ever. */
  readonly lockTimeoutMs: number | undefined;
  /** `$statement_timeout`: how long a statement may take; 0 means for ever. */
  readonly statementTimeoutMs: number | undefined;
}

/** A problem at a line of a file. */
export interface LimitProblem extends Problem {
  readonly where: { readonly file: string; readonly line: number; readonly column: number };
}

export interface ParsedLimits {
  readonly limits: Limits;
  readonly problems: readonly LimitProblem[];
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly meaning: string;
}

// The greatest time that a timer of Node and a timeout of PostgreSQL can hold, in ms.
const greatestNumber = 2 ** 31 - 1;
const count: Range = { min: 1, max: greatestNumber, meaning: "a whole number from 1" };
const milliseconds: Range = {
  min: 0,
  max: greatestNumber,
  meaning: `milliseconds, a whole number 0…${greatestNumber}`,
};
const switchLimit: Range = { min: 0, max: 1, meaning: "0 or 1" };

const ranges: ReadonlyMap<string, Range> = new Map([
  ["parallelism_per_host", count],
  ["parallelism_global", count],
  ["delay", milliseconds],
  ["run_alone", switchLimit],
  ["lock_timeout", milliseconds],
  ["statement_timeout", milliseconds],
]);

/** before.sql and after.sql run once per node, all at once: only what concerns the server makes sense. */
const namesInHooks = ["lock_timeout", "statement_timeout"];

/**
 * Reads the pseudo comments of a script. They count only as comments at the start of a line: not in
 * a string, a block comment, a psql command or the data of a COPY.
 *
 * A problem is: an unknown name, a value that does not fit, one name given two values.
 */
export function parseLimits(script: Script, kind: "version" | "hook"): ParsedLimits {
  const values = new Map<string, number>();
  const problems: LimitProblem[] = [];
  for (const { name, value, line } of findPseudoComments(script)) {
    const problem = checkPseudoComment(name, value, kind) ?? checkRepetition(name, value, values);
    if (problem === undefined) {
      values.set(name, Number(value));
    } else {
      problems.push({ ...problem, where: { file: script.file, line, column: 1 } });
    }
  }
  return {
    limits: {
      perHost: values.get("parallelism_per_host"),
      global: values.get("parallelism_global"),
      delayMs: values.get("delay") ?? 0,
      runAlone: values.get("run_alone") === 1,
      lockTimeoutMs: values.get("lock_timeout"),
      statementTimeoutMs: values.get("statement_timeout"),
    },
    problems,
  };
}

function checkPseudoComment(name: string, value: string, kind: "version" | "hook") {
  const known = kind === "hook" ? namesInHooks : [...ranges.keys()];
  const range = ranges.get(name);
  if (range === undefined || !known.includes(name)) {
    const nearest = nearestWord(name, known);
    const list = known.map((word) => `$${word}`).join(", ");
    return {
      message:
        range === undefined
          ? `unknown pseudo comment $${name}`
          : `$${name} has no meaning here: before.sql and after.sql run once per node`,
      hint: `${nearest === undefined ? "" : `Did you mean $${nearest}? `}Known here: ${list}.`,
    };
  }
  if (/^\d+$/.test(value) && Number(value) >= range.min && Number(value) <= range.max) {
    return;
  }
  return {
    message: `expected $${name} to be ${range.meaning}, got ${JSON.stringify(value)}`,
    hint: `Write -- $${name} = ${Math.max(1, range.min)} and nothing after it on the line.`,
  };
}

function checkRepetition(name: string, value: string, values: ReadonlyMap<string, number>) {
  const before = values.get(name);
  if (before === undefined || before === Number(value)) {
    return;
  }
  return {
    message: `$${name} is given twice, as ${before} and as ${Number(value)}`,
    hint: "Keep one of the two.",
  };
}

interface PseudoComment {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

function findPseudoComments(script: Script): readonly PseudoComment[] {
  if (!/^\uFEFF?--[^\S\n]*\$/mu.test(script.text)) {
    return [];
  }
  const text = blankOutPsql(script);
  const found: PseudoComment[] = [];
  let line = 1;
  for (const { kind, text: token, offset } of tokenize(text)) {
    if (kind === "line-comment" && startsLine(text, offset)) {
      const [, name, value] = /^--\s*\$([A-Za-z]\w*)\s*=(.*)$/su.exec(token) ?? [];
      if (name !== undefined && value !== undefined) {
        found.push({ name, value: value.trim(), line });
      }
    }
    line += lineFeedsIn(token);
  }
  return found;
}

function lineFeedsIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    count++;
  }
  return count;
}

function startsLine(text: string, offset: number): boolean {
  return offset === 0 || text[offset - 1] === "\n" || (offset === 1 && text[0] === "\uFEFF");
}

/** Puts blanks for psql commands and for the data of COPY, which the SQL lexer would take for SQL. */
function blankOutPsql(script: Script): string {
  if (script.plain) {
    return script.text;
  }
  const ranges = script.commands.map(({ offset, text }) => [offset, offset + text.length] as const);
  for (const statement of script.statements) {
    if (leadingWords(statement, 1)[0] !== "COPY") {
      continue;
    }
    if (!statement.tokens.some((token) => token.text.toUpperCase() === "STDIN")) {
      continue;
    }
    const dataEnd = /^\\\.\r?$/gmu;
    dataEnd.lastIndex = statement.offset;
    if (dataEnd.test(script.text)) {
      ranges.push([statement.offset, dataEnd.lastIndex]);
    }
  }
  ranges.sort(([a], [b]) => a - b);
  let blanked = "";
  let end = 0;
  for (const [from, to] of ranges) {
    const start = Math.max(from, end);
    blanked += script.text.slice(end, start);
    blanked += script.text.slice(start, to).replace(/[^\n]/gu, " ");
    end = Math.max(end, to);
  }
  return blanked + script.text.slice(end);
}
