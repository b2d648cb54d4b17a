import { nearestWord, type StopAt } from "@pg-mig/model";
import { type GivenValue, invalid } from "./given-value.js";
import type { SettingType } from "./setting-types.js";

/** How a version reaches the shards. */
export interface RolloutSetting {
  readonly stopAt?: StopAt | undefined;
}

/** The keys of a rollout. */
export const rollout: SettingType<RolloutSetting> = {
  read(given) {
    const { stopAt: limits } = membersOf(given, ["stopAt"]);
    return { ...(limits === undefined ? {} : { stopAt: readStopAt(limits) }) };
  },
  schema: {
    type: "object",
    properties: {
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

/**
 * The members of an object that are set, each with the place where it was given. A key that is not known is
 * refused.
 */
function membersOf<Key extends string>(
  given: GivenValue,
  keys: readonly Key[],
): { readonly [K in Key]?: GivenValue } {
  const { value, source } = given;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(given, `an object with ${keys.join(", ")}`, "secret");
  }
  const members: { [K in Key]?: GivenValue } = {};
  for (const [name, member] of Object.entries(value)) {
    const key = keys.find((known) => known === name);
    if (key === undefined) {
      const wanted = `an object with ${keys.join(", ")}, and not "${name}"`;
      throw invalid(given, wanted, "secret", nearestWord(name, keys));
    }
    if (member !== undefined) {
      const path = "name" in source ? { ...source, name: `${source.name}.${key}` } : source;
      members[key] = { value: member, source: path };
    }
  }
  return members;
}
