import type { Throttle, ThrottleLimits } from "@pg-mig/model";
import { membersOf } from "./given-members.js";
import { type GivenValue, invalid } from "./given-value.js";
import { duration, type SettingType, size, texts } from "./setting-types.js";

/** Two limits of a reading: at `pause` nothing new starts, at `resume`, which is less, it goes on. */
export interface ThrottleLimitsConfig<Value> {
  readonly pause: Value;
  readonly resume: Value;
}

/** When a node is left alone for a while, as a config file has it. It has one of the first five at least. */
export interface ThrottleConfig {
  /** How far its slowest standby lags: `{ pause: "10s", resume: "3s" }`. */
  readonly lag?: ThrottleLimitsConfig<string | 0> | undefined;
  /** The same, in bytes of WAL: `{ pause: "256MB", resume: "64MB" }`. */
  readonly lagBytes?: ThrottleLimitsConfig<number | string> | undefined;
  /** How many sessions of others are active on its server. */
  readonly active?: ThrottleLimitsConfig<number> | undefined;
  /** How many sessions of others wait for locks of the run. */
  readonly blocked?: ThrottleLimitsConfig<number> | undefined;
  /** A query whose first column, in its first row, is true while the node is to be left alone. */
  readonly hold?: string | undefined;
  /** Standbys whose lag does not count, by `application_name`. */
  readonly except?: string | readonly string[] | undefined;
  /** After so long without a break the run pauses: `30m`. */
  readonly maxWait?: string | 0 | undefined;
}

/** A whole number from 0. */
const wholeNumber: SettingType<number> = {
  read(given) {
    if (!(Number.isSafeInteger(given.value) && Number(given.value) >= 0)) {
      throw invalid(given, "a whole number from 0");
    }
    return Number(given.value);
  },
  schema: { type: "integer", minimum: 0 },
};

const looks = ["lag", "lagBytes", "active", "blocked", "hold"] as const;

export const throttle: SettingType<Throttle> = {
  read(given) {
    const members = membersOf(given, [...looks, "except", "maxWait"]);
    const { lag, lagBytes, active, blocked, hold, except, maxWait } = members;
    if (looks.every((key) => members[key] === undefined)) {
      throw invalid(given, `an object with one of ${looks.join(", ")}`);
    }
    if (hold !== undefined && (typeof hold.value !== "string" || hold.value === "")) {
      throw invalid(hold, "a query", "secret");
    }
    return {
      ...(lag === undefined ? {} : { lagMs: readLimits(lag, duration()) }),
      ...(lagBytes === undefined ? {} : { lagBytes: readLimits(lagBytes, size) }),
      ...(active === undefined ? {} : { active: readLimits(active, wholeNumber) }),
      ...(blocked === undefined ? {} : { blocked: readLimits(blocked, wholeNumber) }),
      ...(hold === undefined ? {} : { hold: String(hold.value) }),
      ...(except === undefined ? {} : { except: texts.read(except) }),
      ...(maxWait === undefined ? {} : { maxWaitMs: duration().read(maxWait) }),
    };
  },
  schema: {
    type: "object",
    properties: {
      lag: limitsSchema(duration()),
      lagBytes: limitsSchema(size),
      active: limitsSchema(wholeNumber),
      blocked: limitsSchema(wholeNumber),
      hold: { type: "string", minLength: 1 },
      except: texts.schema,
      maxWait: duration().schema,
    },
    anyOf: looks.map((key) => ({ properties: { [key]: {} }, required: [key] })),
    additionalProperties: false,
  },
};

function readLimits(given: GivenValue, type: SettingType<number>): ThrottleLimits {
  const { pause, resume } = membersOf(given, ["pause", "resume"]);
  if (pause === undefined || resume === undefined) {
    throw invalid(given, "an object with pause and resume");
  }
  const limits = { pause: type.read(pause), resume: type.read(resume) };
  if (limits.resume >= limits.pause) {
    throw invalid(resume, "less than pause, so that a node does not stop and go by turns");
  }
  return limits;
}

function limitsSchema({ schema }: SettingType<number>): object {
  return {
    type: "object",
    properties: { pause: schema, resume: schema },
    required: ["pause", "resume"],
    additionalProperties: false,
  };
}
