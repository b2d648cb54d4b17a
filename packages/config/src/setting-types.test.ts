import { defaults, isPgMigError, sslModes } from "@pg-mig/model";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rollout, stopAt } from "./rollout-setting.js";
import * as types from "./setting-types.js";
import { throttle } from "./throttle-setting.js";

const source = { kind: "file", path: "/c", name: "KEY" } as const;

/** What a type reads, or the message with which it refuses. */
function outcome(type: types.SettingType<unknown>, value: unknown): unknown {
  try {
    return type.read({ value, source });
  } catch (error) {
    if (isPgMigError(error) && error.code === "SETTING_INVALID") {
      return error.message;
    }
    throw error;
  }
}

function compiled({ schema }: types.SettingType<unknown>): ValidateFunction {
  return new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
}

const refused = (expected: string, got: string) =>
  `Expected KEY in /c to be ${expected}, got ${got}.`;

const longestMs = 2_147_483_647;
const aTime = (leastMs: number) =>
  `a time from ${leastMs}ms to 24 days with its unit, such as 500ms, 2s, 10m or 1h`;
const aPort = "a port, a whole number from 1 to 65535";
const aTimeOfDay = "a time of day, such as 06:00 or 23:30";
const aPart = "K/N, the Kth of N parts, such as 1/3";
const aStopAt = "limits of failures, such as 3, 1%, 2/node";
const aReport = "files whose names end in .json, .html, .md or .xml";
const aCount = "a whole number from 1";
const aSize = "a number of bytes, or one with a unit, such as 64MB or 1GB";
const aDatabase = "the name of a database, and no connection string";
const hostList = "a list of hosts: a text, or an array of texts";
const passwordOf = () => "x";

/** Of each type: its name, the type, and values with what becomes of them. */
const cases: readonly (readonly [
  string,
  types.SettingType<unknown>,
  readonly (readonly [value: unknown, outcome: unknown])[],
])[] = [
  [
    "text",
    types.text,
    [
      ["a", "a"],
      [7, "7"],
      [true, refused("a text", "true (boolean)")],
      [{}, refused("a text", "an object with nothing")],
    ],
  ],
  [
    "database",
    types.database,
    [
      ["app", "app"],
      [7, "7"],
      ["a=b", "a=b"],
      ["my host", "my host"],
      ["my_host=1", "my_host=1"],
      ["at postgres://", "at postgres://"],
      ["postgres://a", refused(aDatabase, "a text")],
      ["PostgreSQL://a", refused(aDatabase, "a text")],
      ["host=a", refused(aDatabase, "a text")],
      ["x=1 dbname =a", refused(aDatabase, "a text")],
      ["port  =1", refused(aDatabase, "a text")],
      [true, refused("a text", "true (boolean)")],
    ],
  ],
  [
    "password",
    types.password,
    [
      ["x", "x"],
      ["", ""],
      [passwordOf, passwordOf],
      [7, refused("a text, or a function that gives one", "a number")],
    ],
  ],
  [
    "shellCommand",
    types.shellCommand,
    [
      ["vault read x", "vault read x"],
      [7, refused("a text", "a number")],
    ],
  ],
  [
    "hosts",
    types.hosts,
    [
      ["a,b", ["a,b"]],
      [
        ["a", "b"],
        ["a", "b"],
      ],
      [[], refused(hostList, "an array")],
      [["a", 5], refused(hostList, "an array")],
      [5, refused(hostList, "a number")],
    ],
  ],
  [
    "texts",
    types.texts,
    [
      ["a", ["a"]],
      [
        ["a", "b"],
        ["a", "b"],
      ],
      [[], refused("a text, or an array of texts", "[]")],
      [["a", 5], refused("a text, or an array of texts", '["a", 5 (number)]')],
      [5, refused("a text, or an array of texts", "5 (number)")],
    ],
  ],
  [
    "reportFiles",
    types.reportFiles,
    [
      ["r.json", ["r.json"]],
      [
        ["out/r.json", "r.html", "r.md", "r.xml"],
        ["out/r.json", "r.html", "r.md", "r.xml"],
      ],
      ["r.pdf", refused(aReport, '"r.pdf"')],
      ["json", refused(aReport, '"json"')],
      [["r.json", "r.jsonl"], refused(aReport, '"r.jsonl"')],
      [[], refused(aReport, "[]")],
      [5, refused(aReport, "5 (number)")],
    ],
  ],
  [
    "part",
    types.part,
    [
      ["1/1", { index: 1, of: 1 }],
      ["12/30", { index: 12, of: 30 }],
      ["0/3", refused(aPart, '"0/3"')],
      ["4/3", refused(aPart, '"4/3"')],
      ["1", refused(aPart, '"1"')],
      ["1/3/5", refused(aPart, '"1/3/5"')],
      ["-1/3", refused(aPart, '"-1/3"')],
      [1, refused(aPart, "1 (number)")],
    ],
  ],
  [
    "stopAt",
    stopAt,
    [
      ["3", { failed: 3 }],
      ["2/node, 0.5%,7", { failed: 7, failedPercent: 0.5, failedPerNode: 2 }],
      ["100%", { failedPercent: 100 }],
      ["3,3", refused(aStopAt, '"3,3"')],
      ["0", refused(aStopAt, '"0"')],
      ["1.5", refused(aStopAt, '"1.5"')],
      ["0%", refused(aStopAt, '"0%"')],
      ["100.1%", refused(aStopAt, '"100.1%"')],
      ["2/host", refused(aStopAt, '"2/host"')],
      [",", refused(aStopAt, '","')],
    ],
  ],
  [
    "rollout",
    rollout,
    [
      [{}, {}],
      [{ stopAt: undefined }, {}],
      [
        { stopAt: { failed: 3, failedPercent: 0.5 } },
        { stopAt: { failed: 3, failedPercent: 0.5 } },
      ],
      ["3", refused("an object with waves, stopAt, onStop", "a text")],
      [
        { stopat: {} },
        refused('an object with waves, stopAt, onStop, and not "stopat"', "an object with stopat"),
      ],
      [
        {
          waves: [
            { name: "canary", only: "shard=sh1", soak: "10m" },
            { name: "some", take: 3, soak: 0 },
            { name: "tenth", take: "10%" },
            { name: "each", only: ["host=a", "host=b"], take: "2 per node" },
          ],
        },
        {
          waves: [
            { name: "canary", only: ["shard=sh1"], soakMs: 600_000 },
            { name: "some", take: { count: 3 }, soakMs: 0 },
            { name: "tenth", take: { percent: 10 } },
            { name: "each", only: ["host=a", "host=b"], take: { perNode: 2 } },
          ],
        },
      ],
      [
        { waves: {} },
        "Expected KEY.waves in /c to be an array of waves, got an object with nothing.",
      ],
      [
        { waves: [{ take: 1 }] },
        "Expected KEY.waves[0] in /c to be a wave with a name, got an object with take.",
      ],
      [
        { waves: [{ name: "rest", take: 1 }] },
        'Expected KEY.waves[0].name in /c to be a name that is neither "next" nor "rest", the last wave, got "rest".',
      ],
      [
        { waves: [{ name: "a", take: 1 }, { name: "b" }] },
        "Expected KEY.waves[1] in /c to be a wave with only or take, as the last one has the rest, got an object with name.",
      ],
      ...[0, "0", "1.5", "2 nodes", "1 per host", "-1"].map(
        (take) =>
          [
            { waves: [{ name: "a", take }] },
            `Expected KEY.waves[0].take in /c to be so many shards: 3, 10% or 1 per node, got ${
              take === 0 ? "0 (number)" : `"${take}"`
            }.`,
          ] as const,
      ),
      [
        { waves: [{ name: "a", take: 1, soak: 5 }] },
        `Expected KEY.waves[0].soak in /c to be ${aTime(0)}, got 5 (number).`,
      ],
      [
        { stopAt: { failed: "3" } },
        'Expected KEY.stopAt.failed in /c to be a whole number from 1, got "3".',
      ],
      [
        { stopAt: { failedPercent: 0 } },
        "Expected KEY.stopAt.failedPercent in /c to be more than 0 and at most 100, got 0 (number).",
      ],
      [
        { stopAt: { failedPerNode: 1.5 } },
        "Expected KEY.stopAt.failedPerNode in /c to be a whole number from 1, got 1.5 (number).",
      ],
    ],
  ],
  [
    "size",
    types.size,
    [
      [0, 0],
      ["8", 8],
      ["1.5kB", 1536],
      ["64MB", 67_108_864],
      ["1GB", 1_073_741_824],
      ["12.25kB", 12_544],
      ["0.3kB", 307],
      ["2TB", 2_199_023_255_552],
      ["1mb", refused(aSize, '"1mb"')],
      ["x1MB", refused(aSize, '"x1MB"')],
      ["1MBx", refused(aSize, '"1MBx"')],
      ["1.MB", refused(aSize, '"1.MB"')],
      [".5MB", refused(aSize, '".5MB"')],
      ["1 MB", refused(aSize, '"1 MB"')],
      ["MB", refused(aSize, '"MB"')],
      ["", refused(aSize, "nothing")],
      ["100000000TB", refused(aSize, '"100000000TB"')],
      [-1, refused(aSize, "-1 (number)")],
    ],
  ],
  [
    "throttle",
    throttle,
    [
      [
        {
          lag: { pause: "10s", resume: "3s" },
          lagBytes: { pause: "1MB", resume: 0 },
          active: { pause: 50, resume: 30 },
          blocked: { pause: 1, resume: 0 },
          hold: "SELECT false",
          except: "delayed",
          maxWait: "30m",
        },
        {
          lagMs: { pause: 10_000, resume: 3000 },
          lagBytes: { pause: 1_048_576, resume: 0 },
          active: { pause: 50, resume: 30 },
          blocked: { pause: 1, resume: 0 },
          hold: "SELECT false",
          except: ["delayed"],
          maxWaitMs: 1_800_000,
        },
      ],
      [{ hold: "SELECT false", active: undefined }, { hold: "SELECT false" }],
      ...[{}, { except: ["a"] }].map(
        (given) =>
          [
            given,
            refused(
              "an object with one of lag, lagBytes, active, blocked, hold",
              `an object with ${Object.keys(given).join() || "nothing"}`,
            ),
          ] as const,
      ),
      [
        { lagMs: 1 },
        refused(
          'an object with lag, lagBytes, active, blocked, hold, except, maxWait, and not "lagMs"',
          "an object with lagMs",
        ),
      ],
      [
        { active: { pause: 3, resume: 3 } },
        "Expected KEY.active.resume in /c to be less than pause, so that a node does not stop and go by turns, got 3 (number).",
      ],
      [
        { lag: { pause: 0, resume: 0 } },
        "Expected KEY.lag.resume in /c to be less than pause, so that a node does not stop and go by turns, got 0 (number).",
      ],
      [
        { blocked: { pause: 1 } },
        "Expected KEY.blocked in /c to be an object with pause and resume, got an object with pause.",
      ],
      [
        { blocked: { pause: "1", resume: 0 } },
        'Expected KEY.blocked.pause in /c to be a whole number from 0, got "1".',
      ],
      [{ hold: true }, "Expected KEY.hold in /c to be a query, got a boolean."],
      [
        { hold: "SELECT false", maxWait: 0 },
        { hold: "SELECT false", maxWaitMs: 0 },
      ],
      [
        { hold: "SELECT false", maxWait: "long" },
        `Expected KEY.maxWait in /c to be ${aTime(0)}, got "long".`,
      ],
    ],
  ],
  [
    "sources",
    types.sources,
    [
      ["./nodes.js", ["./nodes.js"]],
      [
        ["a", { discover: 1 }],
        ["a", { discover: 1 }],
      ],
    ],
  ],
  [
    "port",
    types.port,
    [
      [1, 1],
      ["65535", 65_535],
      [0, refused(aPort, "0 (number)")],
      ["65536", refused(aPort, '"65536"')],
      [65_536, refused(aPort, "65536 (number)")],
      [1.5, refused(aPort, "1.5 (number)")],
      ["0x10", refused(aPort, '"0x10"')],
      ["10a", refused(aPort, '"10a"')],
      [["1"], refused(aPort, '["1"]')],
      [true, refused(aPort, "true (boolean)")],
    ],
  ],
  [
    "count",
    types.count,
    [
      ["1", 1],
      [65_536, 65_536],
      ["0", refused(aCount, '"0"')],
      [-1, refused(aCount, "-1 (number)")],
      ["many", refused(aCount, '"many"')],
    ],
  ],
  [
    "duration",
    types.duration({ leastMs: 1 }),
    [
      ["1ms", 1],
      ["1.25s", 1250],
      ["0.5m", 30_000],
      ["10m", 600_000],
      ["1h", 3_600_000],
      [`${longestMs}ms`, longestMs],
      [`${longestMs + 1}ms`, refused(aTime(1), `"${longestMs + 1}ms"`)],
      ["0", refused(aTime(1), '"0"')],
      ["5", refused(aTime(1), '"5"')],
      [5, refused(aTime(1), "5 (number)")],
      [".5s", refused(aTime(1), '".5s"')],
      ["1.s", refused(aTime(1), '"1.s"')],
      ["x1s", refused(aTime(1), '"x1s"')],
      ["1sx", refused(aTime(1), '"1sx"')],
      ["10", refused(aTime(1), '"10"')],
      ["01", refused(aTime(1), '"01"')],
      ["1d", refused(aTime(1), '"1d"')],
      ["10 minutes", refused(aTime(1), '"10 minutes"')],
      ["-1s", refused(aTime(1), '"-1s"')],
    ],
  ],
  [
    "a duration that may be 0",
    types.duration(),
    [
      ["0", 0],
      [0, 0],
      ["0ms", 0],
      ["00", refused(aTime(0), '"00"')],
    ],
  ],
  [
    "timeOfDay",
    types.timeOfDay,
    [
      ["06:00", "06:00"],
      ["23:59", "23:59"],
      ["24:00", refused(aTimeOfDay, '"24:00"')],
      ["6:00", refused(aTimeOfDay, '"6:00"')],
      ["06:60", refused(aTimeOfDay, '"06:60"')],
      ["106:00", refused(aTimeOfDay, '"106:00"')],
      ["06:000", refused(aTimeOfDay, '"06:000"')],
      [6, refused(aTimeOfDay, "6 (number)")],
    ],
  ],
  [
    "connectTimeout",
    types.connectTimeout,
    [
      [30, 30_000],
      [" +30 ", 30_000],
      ["2", 2000],
      ["1", 2000],
      ["0", Number.POSITIVE_INFINITY],
      ["-1", Number.POSITIVE_INFINITY],
      [1.5, refused("a whole number of seconds", "1.5 (number)")],
      ["10s", refused("a whole number of seconds", '"10s"')],
      ["s10", refused("a whole number of seconds", '"s10"')],
      ["", refused("a whole number of seconds", "nothing")],
    ],
  ],
  [
    "wait",
    types.wait,
    [
      [true, "unlimited"],
      [false, 0],
      ["10m", 600_000],
      ["0", 0],
      [0, 0],
      ["soon", refused(aTime(0), '"soon"')],
    ],
  ],
  [
    "yesNo",
    types.yesNo,
    [
      [true, true],
      [false, false],
      [1, true],
      [0, false],
      [" No ", false],
      ["", false],
      ["null", false],
      ["undefined", false],
      ["FALSE", false],
      ["off", false],
      ["on", true],
      [[], refused("true, false, or a word for either", "[]")],
      [{}, refused("true, false, or a word for either", "an object with nothing")],
    ],
  ],
  [
    "onOff",
    types.onOff,
    [
      [true, true],
      [false, false],
      ["yes", refused("true or false", '"yes"')],
      [1, refused("true or false", "1 (number)")],
    ],
  ],
  [
    "sslMode",
    types.sslMode,
    [
      ...sslModes.map((mode) => [mode, mode] as const),
      ["on", refused(`one of ${sslModes.join(", ")}`, '"on"')],
      [true, refused(`one of ${sslModes.join(", ")}`, "true (boolean)")],
      [[..."allow"], refused(`one of ${sslModes.join(", ")}`, '["a", "l", "l", "o", "w"]')],
    ],
  ],
  [
    "verify",
    types.verify,
    [
      ...["off", "warn", "fail"].map((word) => [word, word] as const),
      ["on", refused("one of off, warn, fail", '"on"')],
      [true, refused("one of off, warn, fail", "true (boolean)")],
      ["true", refused("one of off, warn, fail", '"true"')],
    ],
  ],
  [
    "containment",
    types.containment,
    [
      ...["off", "warn"].map((word) => [word, word] as const),
      ["fail", refused("one of off, warn", '"fail"')],
      [true, refused("one of off, warn", "true (boolean)")],
    ],
  ],
  [
    "color",
    types.color,
    [
      ...["auto", "always", "never"].map((word) => [word, word] as const),
      [true, refused("one of auto, always, never", "true (boolean)")],
    ],
  ],
];

describe.each(cases)("%s", (name, type, values) => {
  it.each(values)("reads %j, or says what it must be", (value, expected) => {
    expect(outcome(type, value)).toEqual(expected);
  });

  let fits: ValidateFunction | undefined;

  // What an editor says by the schema is what the command will say.
  it.each(values)("has a schema that judges %j alike", (value, expected) => {
    // Compiled once: it takes longer than all else.
    fits ??= compiled(type);
    const isRefused = String(expected).startsWith("Expected");
    const inJson = typeof value !== "function";
    // What the schema cannot say: a limit of a text, and what a name of a database looks like.
    const beyond =
      name === "database" ||
      (name === "part" && /^\d+\/\d+$/.test(String(value))) ||
      name === "stopAt" ||
      // That one limit is less than the other, and what is beyond all numbers.
      /be less than pause/.test(String(expected)) ||
      /^\d+TB$/.test(String(value)) ||
      (typeof value === "string" && /^(?:0|65536|\d{10}ms)$/.test(value)) ||
      value === "";
    if (inJson && (!beyond || !isRefused)) {
      expect(fits(value)).toBe(!isRefused);
    }
  });
});

describe("the types of settings", () => {
  it("say which may hold a secret, and which an empty text means something to", () => {
    const secret = cases.flatMap(([name, type]) => (type.isSecret ? [name] : []));
    const mayBeEmpty = cases.flatMap(([name, type]) => (type.mayBeEmpty ? [name] : []));
    expect(secret).toEqual(["password", "shellCommand", "hosts", "sources"]);
    expect(mayBeEmpty).toEqual(["password"]);
  });

  it("describe what they may be to an editor", () => {
    expect(types.text.schema).toEqual({ type: ["string", "number"] });
    expect(types.database.schema).toEqual(types.text.schema);
    expect(types.texts.schema).toMatchObject({ items: { type: "string" }, minItems: 1 });
    expect(types.sslMode.schema).toEqual({ enum: sslModes });
  });

  it("let an editor mark what is neither yes nor no", () => {
    const yesNo = [true, 1, "on", null, [], {}].map((value) => compiled(types.yesNo)(value));
    expect(yesNo).toEqual([true, true, true, false, false, false]);
    const onOff = [true, false, 1, "on", null].map((value) => compiled(types.onOff)(value));
    expect(onOff).toEqual([true, true, false, false, false]);
  });

  // Short texts keep within the limits, which a schema does not check.
  it.each([
    ["duration", types.duration(), "0159.smh", 3],
    ["wait", types.wait, "0159.smh", 3],
    ["size", types.size, "019.kMTB ", 5],
    ["timeOfDay", types.timeOfDay, "012569:", 6],
    ["connectTimeout", types.connectTimeout, "019+-. ", 5],
  ] as const)("have a schema that judges every text alike: %s", (_, type, letters, maxLength) => {
    const fits = compiled(type);
    const text = fc.string({ unit: fc.constantFrom(...letters), maxLength });
    fc.assert(
      fc.property(text, (value) => {
        const isRefused = String(outcome(type, value)).startsWith("Expected");
        expect(fits(value)).toBe(!isRefused);
      }),
      { numRuns: 1000 },
    );
  });

  it("say which of them an option means that stands alone", () => {
    const alone = cases.flatMap(([name, type]) => (type.alone ? [[name, type.alone]] : []));
    expect(Object.fromEntries(alone)).toEqual({ verify: "warn", containment: "warn" });
  });

  it("say which words there are, for a shell to complete", () => {
    const words = cases.flatMap(([name, type]) => (type.words ? [[name, type.words]] : []));
    expect(Object.fromEntries(words)).toEqual({
      sslMode: sslModes,
      verify: ["off", "warn", "fail"],
      containment: ["off", "warn"],
      color: ["auto", "always", "never"],
    });
  });

  it("answer a mistyped word with the nearest", () => {
    const hint = (value: unknown) => {
      try {
        types.sslMode.read({ value, source });
      } catch (error) {
        return isPgMigError(error) ? error.hint : error;
      }
      return undefined;
    };
    expect(hint("verify-fulll")).toBe('Did you mean "verify-full"?');
    expect(hint("Require")).toBe('Did you mean "require"?');
    expect(hint("sometimes")).toBe("Correct KEY in /c.");
    expect(hint(1)).toBe("Correct KEY in /c.");
  });

  it("read every time that they write", () => {
    const units = fc.constantFrom(["ms", 1], ["s", 1000], ["m", 60_000], ["h", 3_600_000] as const);
    fc.assert(
      fc.property(fc.nat(500), units, (amount, [unit, ms]) => {
        expect(outcome(types.duration(), `${amount}${unit}`)).toBe(amount * Number(ms));
      }),
    );
    expect(outcome(types.duration(), `${defaults.lockTimeoutMs}ms`)).toBe(defaults.lockTimeoutMs);
  });
});
