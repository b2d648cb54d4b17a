import { parseScript } from "@pg-mig/psql-script";
import { describe, expect, it } from "vitest";
import { parseLimits } from "./limits.js";

const parse = (text: string, kind: "version" | "hook" = "version") =>
  parseLimits(parseScript(text, { file: "f.sql" }), kind);

describe("parseLimits", () => {
  it("reads every name", () => {
    const { limits, problems } = parse(
      [
        "-- $parallelism_per_host = 2",
        "-- $parallelism_global = 10",
        "--$delay=500",
        "--   $run_alone   =  1  \r",
        "-- $lock_timeout = 2000",
        "SELECT 1;",
        "-- $statement_timeout = 0",
      ].join("\n"),
    );
    expect(problems).toEqual([]);
    expect(limits).toEqual({
      perHost: 2,
      global: 10,
      delayMs: 500,
      runAlone: true,
      lockTimeoutMs: 2000,
      statementTimeoutMs: 0,
    });
  });

  it("asks for nothing where the file says nothing", () => {
    expect(parse("SELECT 1; -- $delay is not at the start of its line\n")).toEqual({
      problems: [],
      limits: {
        perHost: undefined,
        global: undefined,
        delayMs: 0,
        runAlone: false,
        lockTimeoutMs: undefined,
        statementTimeoutMs: undefined,
      },
    });
  });

  it("reads a first line behind a byte order mark", () => {
    expect(parse("\uFEFF-- $delay = 5\n").limits.delayMs).toBe(5);
  });

  it.each([
    ["a string", "SELECT '\n-- $delay = 5\n';"],
    ["a dollar-quoted body", "DO $$\n-- $delay = 5\n$$;"],
    ["a block comment", "/*\n-- $delay = 5\n*/"],
    ["a quoted name", 'SELECT 1 AS "\n-- $delay = 5\n";'],
    ["the data of a COPY", "COPY t FROM stdin;\n-- $delay = 5\n\\.\n"],
    [
      "the data of a COPY in which a line only begins or ends like the end",
      "COPY t FROM stdin;\nx\\.\n\\.x\n-- $delay = 5\n\\.\n",
    ],
    ["a comment that holds another", "-- see -- $delay = 5\n-- $run_alone = 0"],
    ["a line after its first character", " -- $delay = 5\n-- $run_alone = 0"],
    [
      "a first line after a byte order mark and more",
      "\uFEFF SELECT 1; -- $delay = 5\n-- $run_alone = 0",
    ],
    ["the middle of a line", "-- $run_alone = 0\n  -- $delay = 5\nSELECT 1; -- $delay = 6"],
    ["a comment about a parameter", "-- $1 = the id\n-- $$ = a dollar quote"],
  ])("finds none in %s", (_, text) => {
    expect(parse(text)).toMatchObject({ problems: [], limits: { delayMs: 0 } });
  });

  it("finds one behind a psql command with a lone quote, and behind the data of a COPY", () => {
    const text = "\\warn 'it\\'s'\n-- $delay = 5\nCOPY t FROM stdin;\n'\n\\.\n-- $run_alone = 1\n";
    expect(parse(text)).toMatchObject({ problems: [], limits: { delayMs: 5, runAlone: true } });
  });

  it.each([
    ["no blank", "--$delay=5"],
    ["more than one blank", "--  \t$delay  =  5"],
    [
      "a word like the one of a COPY before it",
      "SELECT 1 AS stdin;\n-- $delay = 5\nCOPY t FROM stdin;\nx\n\\.\n",
    ],
    [
      "a COPY to the client before it",
      "COPY t TO stdout;\n-- $delay = 5\nCOPY t FROM stdin;\nx\n\\.\n",
    ],
  ])("finds one with %s", (_, text) => {
    expect(parse(text)).toMatchObject({ problems: [], limits: { delayMs: 5 } });
  });

  it.each([
    ["parallelism_per_host", "0", "a whole number from 1"],
    ["parallelism_global", "-1", "a whole number from 1"],
    ["parallelism_global", "1.5", "a whole number from 1"],
    ["parallelism_global", "", "a whole number from 1"],
    ["delay", "1s", "milliseconds, a whole number 0…2147483647"],
    ["delay", "2147483648", "milliseconds, a whole number 0…2147483647"],
    ["run_alone", "2", "0 or 1"],
    ["run_alone", "true", "0 or 1"],
    ["lock_timeout", "5 -- ms", "milliseconds, a whole number 0…2147483647"],
  ])("refuses $%s = %s", (name, value, meaning) => {
    const { problems } = parse(`SELECT 1;\n-- $${name} = ${value}\n`);
    expect(problems).toMatchObject([
      {
        message: `expected $${name} to be ${meaning}, got ${JSON.stringify(value)}`,
        where: { file: "f.sql", line: 2, column: 1 },
      },
    ]);
  });

  it("refuses an unknown name, with the nearest and all known ones", () => {
    const { problems } = parse("-- $paralelism_global = 5\n-- $amount = 5\n");
    expect(problems).toMatchObject([
      {
        message: "unknown pseudo comment $paralelism_global",
        hint: "Did you mean $parallelism_global? Known here: $parallelism_per_host, $parallelism_global, $delay, $run_alone, $lock_timeout, $statement_timeout.",
        where: { line: 1 },
      },
      { message: "unknown pseudo comment $amount", where: { line: 2 } },
    ]);
  });

  it("refuses one name with two values, and takes the same value twice", () => {
    expect(parse("-- $delay = 5\n-- $delay = 6\n").problems).toMatchObject([
      { message: "$delay is given twice, as 5 and as 6", where: { line: 2 } },
    ]);
    expect(parse("-- $delay = 5\n-- $delay = 5\n")).toMatchObject({
      problems: [],
      limits: { delayMs: 5 },
    });
  });

  it("takes timeouts alone in before.sql and after.sql", () => {
    const { limits, problems } = parse("-- $lock_timeout = 5\n-- $run_alone = 1\n", "hook");
    expect(limits.lockTimeoutMs).toBe(5);
    expect(problems).toMatchObject([
      {
        message: "$run_alone has no meaning here: before.sql and after.sql run once per node",
        hint: "Known here: $lock_timeout, $statement_timeout.",
      },
    ]);
  });
});
