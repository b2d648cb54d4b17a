import { parseArgs } from "node:util";
import type { Work, WorkSize } from "./works/work.js";

/** What to measure, and how. */
export interface BenchOptions {
  readonly works: readonly Work[];
  /** Names; `undefined`: all that the work knows. */
  readonly contenders: readonly string[] | undefined;
  readonly rounds: number;
  readonly major: number | undefined;
  /** `readme`: a table, which also goes into the README of the bench. */
  readonly output: "table" | "json" | "readme";
  /** The size that a work is measured with. */
  readonly sizeOf: (work: Work) => WorkSize;
}

const sizeNames = ["nodes", "shards", "versions", "parallelism"] as const;

/** Reads the command line. Throws an error that says what is wrong with it. */
export function readOptions(args: readonly string[], works: readonly Work[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      contenders: { type: "string" },
      rounds: { type: "string" },
      major: { type: "string" },
      nodes: { type: "string" },
      shards: { type: "string" },
      versions: { type: "string" },
      parallelism: { type: "string" },
      megabytes: { type: "string" },
    },
  });
  const chosenSize = Object.fromEntries(
    sizeNames.flatMap((name) => {
      const value = values[name];
      return value === undefined ? [] : [[name, count(name, value)]];
    }),
  );
  const megabytes = values.megabytes === undefined ? undefined : megabytesOf(values.megabytes);
  const chosen =
    positionals.length === 0
      ? works.filter(({ runs }) => runs !== "if named")
      : positionals.map((name) => find(name, works));
  const contenders = values.contenders?.split(",");
  checkContenders(contenders ?? [], chosen);
  return {
    works: chosen,
    contenders,
    rounds: count("rounds", values.rounds ?? (values.quick ? "2" : "5")),
    major: values.major === undefined ? undefined : count("major", values.major),
    output: values.json ? "json" : values.write ? "readme" : "table",
    sizeOf({ size, quick }) {
      // Only where files are large is there a size to choose.
      const file = size.megabytes === undefined || megabytes === undefined ? {} : { megabytes };
      return { ...size, ...(values.quick ? quick : {}), ...chosenSize, ...file };
    },
  };
}

function find(name: string, works: readonly Work[]): Work {
  const work = works.find((known) => known.name === name);
  if (work === undefined) {
    const names = works.map((known) => known.name);
    throw new Error(`There is no work "${name}". There are: ${names.join(", ")}.`);
  }
  return work;
}

function checkContenders(names: readonly string[], works: readonly Work[]): void {
  const known = new Set(works.flatMap(({ contenders }) => contenders.map(({ name }) => name)));
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new Error(`There is no contender "${unknown}". There are: ${[...known].join(", ")}.`);
  }
}

function megabytesOf(value: string): number {
  if (!/^\d+(\.\d+)?$/.test(value) || Number(value) === 0) {
    throw new Error(`--megabytes=${value}: a number above 0 is wanted.`);
  }
  return Number(value);
}

function count(name: string, value: string): number {
  if (!/^[1-9]\d*$/.test(value)) {
    throw new Error(`--${name}=${value}: a whole number from 1 is wanted.`);
  }
  return Number(value);
}
