import { type CommandDefinition, clusterSettings } from "../command-definition.js";
import type { DriftFlags } from "../drift-flags.js";

export const driftCommand: CommandDefinition = {
  name: "drift",
  help: "compare shards that ought to be alike; changes nothing",
  details:
    "Compares what shards of one prefix with the same versions really have, according to the catalogs. " +
    "Exits with status 2 if some differ, and with 1 if some could not be read.",
  options: [
    {
      flags: "--against <shape>",
      help: "majority (the default), files (what they make on a scratch database), or shard=NAME",
      values: ["majority", "files", "shard="],
    },
    {
      flags: "--include <what>",
      help: "access: owners and privileges count, too",
      values: ["access"],
    },
    {
      flags: "--ignore <items>",
      help: "kinds of items, or kind:path, separated by commas; repeatable",
      repeatable: true,
    },
  ],
  settings: [...clusterSettings, ...(["lockTimeoutMs", "shell", "scratch"] as const)],
  idle: ({ options: { against } }) =>
    against === "files"
      ? []
      : [{ form: "drift without --against=files", settings: ["scratch", "shell"] }],
  examples: [
    ["pg-mig drift --against=files --scratch=embedded", "a fleet that is wrong everywhere, too"],
    ["pg-mig drift --ignore=comment", "comments do not count"],
  ],
  writesReport: true,
  connects: true,
  configAction: "list",
  async load({ options }) {
    const { driftAction } = await import("../actions/drift.js");
    return (context) => driftAction(options as DriftFlags, context);
  },
};
