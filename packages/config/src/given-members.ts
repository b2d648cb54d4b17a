import { nearestWord } from "@pg-mig/model";
import { type GivenValue, invalid } from "./given-value.js";

/**
 * The members of an object that are set, each with the place where it was given. A key that is not known is
 * refused.
 */
export function membersOf<Key extends string>(
  given: GivenValue,
  keys: readonly Key[],
): { readonly [K in Key]?: GivenValue } {
  const { value } = given;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(given, `an object with ${keys.join(", ")}`, "secret");
  }
  const members: { [K in Key]?: GivenValue } = {};
  for (const [name, member] of Object.entries(value)) {
    const key = keys.find((known) => known === name);
    if (key === undefined) {
      const wanted = `an object with ${keys.join(", ")}, and not "${name}"`;
      throw invalid(given, wanted, "shown", nearestWord(name, keys));
    }
    if (member !== undefined) {
      members[key] = memberOf(given, `.${key}`, member);
    }
  }
  return members;
}

/** A part of a value, with the place where it was given. */
export function memberOf({ source }: GivenValue, path: string, value: unknown): GivenValue {
  return {
    value,
    source: "name" in source ? { ...source, name: `${source.name}${path}` } : source,
  };
}
