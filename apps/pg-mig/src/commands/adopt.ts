import { type CommandDefinition, clusterSettings } from "../command-definition.js";

export const adoptCommand: CommandDefinition = {
  name: "adopt",
  help: "write ledgers for shards that have objects and no ledger",
  details:
    "Runs all versions from nothing on a scratch database, and compares. A shard that has what just one " +
    "version leaves gets the ledger of that version; all others are listed and get nothing. A shard that has a " +
    "ledger is never touched. Exits with status 2 if some shard fits no version, or several.",
  options: [
    {
      flags: "--as <version>",
      help: "the version of shards that fit none or several; only with --only",
      values: "versions",
    },
    { flags: "--dry", help: "tell what would be written, and write nothing" },
  ],
  settings: [
    ...clusterSettings,
    ...(["lockTimeoutMs", "retryForMs", "waitMs", "allowPooler", "shell", "scratch"] as const),
  ],
  examples: [
    ["pg-mig adopt --scratch=embedded --dry", "which shard is at which version"],
    ["pg-mig adopt --only=shard=sh0001 --as=20260102030405.users.sh", "insists"],
  ],
  writesReport: true,
  connects: true,
  configAction: "apply",
  async load({ options: { as = "", dry } }) {
    const { adoptAction } = await import("../actions/adopt.js");
    const request = {
      as: as === "" ? undefined : String(as),
      purpose: dry === true ? ("dry" as const) : ("run" as const),
    };
    return (context) => adoptAction(request, context);
  },
};
