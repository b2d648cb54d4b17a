import type { Script } from "../read/script.js";
import type { OutboxPart } from "./outbox-part.js";
import type { RunScriptOptions } from "./run-script-options.js";
import { regionPart } from "./script-parts.js";

/**
 * The text of a script, if it is sent as it stands: then nothing of psql's is needed to run it.
 * `undefined`: it must be read while it runs. `standardStrings` is what the server is known to have.
 */
export function plainParts(
  script: Script,
  standardStrings: boolean | undefined,
  { batching = "joined", expectOpenTransaction = false, variables }: RunScriptOptions,
): readonly OutboxPart[] | undefined {
  if (batching === "single" || variables !== undefined) {
    return undefined;
  }
  const whole = wholeScript(script);
  if (whole === undefined) {
    return undefined;
  }
  const cutHolds = !script.backslashInString || (!script.changesStrings && standardStrings);
  const mayControl =
    expectOpenTransaction || whole.every((part) => part.lastControlAt === undefined);
  return cutHolds && mayControl ? whole : undefined;
}

const known = new WeakMap<Script, readonly OutboxPart[] | "no">();

/** Thousands of shards run the same script. */
function wholeScript(script: Script): readonly OutboxPart[] | undefined {
  let parts = known.get(script);
  if (parts === undefined) {
    const { plain, psqlCompat, regions, statements, largeObjectFrames } = script;
    const covered = regions.reduce((sum, region) => sum + region.statements.length, 0);
    const isWhole =
      plain && !psqlCompat && largeObjectFrames.size === 0 && covered === statements.length;
    parts = isWhole
      ? regions
          .filter(({ contents }) => contents.length > 0)
          .map((region) => regionPart(region, { source: script, includedFrom: [] }))
      : "no";
    known.set(script, parts);
  }
  return parts === "no" ? undefined : parts;
}
