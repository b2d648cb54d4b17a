import type { RolloutWave, StopAt, WaveGate } from "@pg-mig/model";
import { memberOf, membersOf } from "./given-members.js";
import { type GivenValue, invalid } from "./given-value.js";
import { duration, type SettingType, texts } from "./setting-types.js";

/** How a version reaches the shards, as a config file has it. */
export interface RolloutConfig {
  /** The waves but the last, which has all shards that are left. */
  readonly waves?: readonly WaveConfig[] | undefined;
  readonly stopAt?: StopAt | undefined;
  /** What a run does with what it has applied, if its budget or a gate stopped it. @default "stay" */
  readonly onStop?: OnStop | undefined;
}

/** Whether what a stopped run has applied stays, or is undone. */
export type OnStop = "stay" | "undo";

/** One wave of a rollout. It has `only`, `take` or both. */
export interface WaveConfig {
  readonly name: string;
  /** As `--only`: `shard=sh0001`. */
  readonly only?: string | readonly string[] | undefined;
  /** Of the shards that are left: `3`, `10%`, `1 per node`. */
  readonly take?: number | string | undefined;
  /** For how long it is left alone before the next wave begins: `10m`. */
  readonly soak?: string | 0 | undefined;
  /** What is asked after that, and must say yes. */
  readonly gate?: GateConfig | undefined;
}

/** What says whether a rollout may go on. It has one of `sql`, `command`, `http` and `alike`. */
export interface GateConfig extends Omit<WaveGate, "everyMs" | "forMs"> {
  /** How long to wait before it is asked again: `10s`. */
  readonly every?: string | undefined;
  /** For how long it has to say yes: `5m`. */
  readonly for?: string | 0 | undefined;
}

/** How a version reaches the shards. */
export interface RolloutSetting {
  readonly waves?: readonly RolloutWave[];
  readonly stopAt?: StopAt;
  readonly onStop?: OnStop;
}

const gateQuestions = ["sql", "command", "http", "alike"] as const;

export const rollout: SettingType<RolloutSetting> = {
  read(given) {
    const { waves, stopAt: limits, onStop } = membersOf(given, ["waves", "stopAt", "onStop"]);
    return {
      ...(onStop === undefined ? {} : { onStop: readOnStop(onStop) }),
      ...(waves === undefined ? {} : { waves: readWaves(waves) }),
      ...(limits === undefined ? {} : { stopAt: readStopAt(limits) }),
    };
  },
  schema: {
    type: "object",
    properties: {
      waves: {
        type: "array",
        items: {
          type: "object",
          properties: {
            name: { type: "string", minLength: 1, not: { enum: ["next", "rest"] } },
            only: texts.schema,
            take: {
              type: ["integer", "string"],
              minimum: 1,
              pattern: "^([1-9][0-9]*( per node)?|[0-9]+([.][0-9]+)?%)$",
            },
            soak: duration().schema,
            gate: {
              type: "object",
              properties: {
                sql: { type: "string", minLength: 1 },
                command: { type: "string", minLength: 1 },
                http: { type: "string", pattern: "^https?://" },
                alike: { const: true },
                every: duration().schema,
                for: duration().schema,
                failures: { type: "integer", minimum: 1 },
              },
              oneOf: gateQuestions.map((key) => ({ properties: { [key]: {} }, required: [key] })),
              additionalProperties: false,
            },
          },
          required: ["name"],
          anyOf: ["only", "take"].map((key) => ({ properties: { [key]: {} }, required: [key] })),
          additionalProperties: false,
        },
      },
      onStop: { enum: ["stay", "undo"] },
      stopAt: {
        type: "object",
        properties: {
          failed: { type: "integer", minimum: 1 },
          failedPercent: { type: "number", exclusiveMinimum: 0, maximum: 100 },
          failedPerNode: { type: "integer", minimum: 1 },
        },
        additionalProperties: false,
      },
    },
    additionalProperties: false,
  },
};

function readOnStop(given: GivenValue): OnStop {
  if (given.value !== "stay" && given.value !== "undo") {
    throw invalid(given, '"stay" or "undo"');
  }
  return given.value;
}

function readWaves(given: GivenValue): readonly RolloutWave[] {
  if (!Array.isArray(given.value)) {
    throw invalid(given, "an array of waves");
  }
  const names = new Set<string>();
  return given.value.map((value, index) => {
    const wave = readWave(memberOf(given, `[${index}]`, value));
    if (names.has(wave.name)) {
      throw invalid(given, `waves of different names, and not "${wave.name}" twice`, "secret");
    }
    names.add(wave.name);
    return wave;
  });
}

function readWave(given: GivenValue): RolloutWave {
  const { name, only, take, soak, gate } = membersOf(given, [
    "name",
    "only",
    "take",
    "soak",
    "gate",
  ]);
  if (name === undefined || typeof name.value !== "string" || name.value === "") {
    throw invalid(name ?? given, "a wave with a name");
  }
  if (name.value === "next" || name.value === "rest") {
    throw invalid(name, 'a name that is neither "next" nor "rest", the last wave');
  }
  if (only === undefined && take === undefined) {
    throw invalid(given, `a wave with only or take, as the last one has the rest`);
  }
  return {
    name: name.value,
    ...(only === undefined ? {} : { only: texts.read(only) }),
    ...(take === undefined ? {} : { take: readTake(take) }),
    ...(soak === undefined ? {} : { soakMs: duration().read(soak) }),
    ...(gate === undefined ? {} : { gate: readGate(gate) }),
  };
}

function readGate(given: GivenValue): WaveGate {
  const members = membersOf(given, [...gateQuestions, "every", "for", "failures"]);
  const asked = gateQuestions.filter((key) => members[key] !== undefined);
  const [question] = asked;
  const value = question === undefined ? undefined : members[question];
  if (question === undefined || value === undefined || asked.length > 1) {
    throw invalid(given, `a gate with one of ${gateQuestions.join(", ")}`);
  }
  if (
    question === "alike"
      ? value.value !== true
      : typeof value.value !== "string" || value.value === ""
  ) {
    const wanted = question === "alike" ? "true" : "a text";
    throw invalid(value, wanted, question === "alike" ? "shown" : "secret");
  }
  if (question === "http" && !isHttpAddress(String(value.value))) {
    const wanted = "an address that begins with http:// or https://, without user and password";
    throw invalid(value, wanted, "secret");
  }
  const { every, for: lasting, failures } = members;
  if (
    failures !== undefined &&
    !(Number.isSafeInteger(failures.value) && Number(failures.value) > 0)
  ) {
    throw invalid(failures, "a whole number from 1");
  }
  const everyMs = every === undefined ? undefined : duration().read(every);
  if (every !== undefined && everyMs === 0) {
    throw invalid(every, "a time that is longer than 0");
  }
  return {
    [question]: value.value,
    ...(everyMs === undefined ? {} : { everyMs }),
    ...(lasting === undefined ? {} : { forMs: duration().read(lasting) }),
    ...(failures === undefined ? {} : { failures: Number(failures.value) }),
  };
}

/** One with a password is none that Node can ask, and its message about that would show it. */
function isHttpAddress(text: string): boolean {
  if (!URL.canParse(text) || !/^https?:\/\//.test(text)) {
    return false;
  }
  const { username, password } = new URL(text);
  return username + password === "";
}

function readTake(given: GivenValue): RolloutWave["take"] {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(%| per node|)$/.exec(String(given.value)) ?? [];
  const amount = Number(digits);
  const isPart = unit === "%" && amount > 0 && amount <= 100;
  if (!isPart && !(unit !== "%" && Number.isSafeInteger(amount) && amount > 0)) {
    throw invalid(given, "so many shards: 3, 10% or 1 per node");
  }
  return isPart ? { percent: amount } : unit === "" ? { count: amount } : { perNode: amount };
}

const stopAtWords = "limits of failures, such as 3, 1%, 2/node";

/** Limits of failures as they are typed: `3, 1%, 2/node`, each kind once. */
export const stopAt: SettingType<StopAt> = {
  read(given) {
    const limits = String(given.value)
      .split(/[\s,]+/)
      .filter((limit) => limit !== "")
      .map((limit) => {
        const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)(%|\/node|)$/.exec(limit) ?? [];
        const key = ({ "": "failed", "%": "failedPercent", "/node": "failedPerNode" } as const)[
          unit as "" | "%" | "/node"
        ];
        return { key, value: Number(digits) };
      });
    const byKey = Object.fromEntries(limits.map(({ key, value }) => [key, value]));
    const isValid = limits.every(({ key, value }) => isLimit(key, value));
    if (!isValid || limits.length === 0 || Object.keys(byKey).length < limits.length) {
      throw invalid(given, stopAtWords);
    }
    return byKey;
  },
  schema: { type: "string" },
};

const stopAtKeys = ["failed", "failedPercent", "failedPerNode"] as const;

function readStopAt(given: GivenValue): StopAt {
  const members = membersOf(given, stopAtKeys);
  return Object.fromEntries(
    stopAtKeys.flatMap((key) => {
      const member = members[key];
      if (member === undefined) {
        return [];
      }
      if (!isLimit(key, member.value)) {
        const percent = "more than 0 and at most 100";
        throw invalid(member, key === "failedPercent" ? percent : "a whole number from 1");
      }
      return [[key, member.value]];
    }),
  );
}

function isLimit(key: keyof StopAt, value: unknown): value is number {
  return key === "failedPercent"
    ? typeof value === "number" && value > 0 && value <= 100
    : Number.isSafeInteger(value) && Number(value) > 0;
}
