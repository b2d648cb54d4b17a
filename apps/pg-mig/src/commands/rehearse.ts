import { type CommandDefinition, clusterSettings } from "../command-definition.js";
import type { RehearseFlags } from "../rehearse-flags.js";

export const rehearseCommand: CommandDefinition = {
  name: "rehearse",
  argument: {
    name: "[version...]",
    help: "the versions to try, or their files",
    values: "versions",
  },
  help: "try versions and their undo on a scratch database, or on a shard",
  details:
    "Runs all versions from nothing on a scratch database, one shard for each prefix; the chosen ones up, " +
    "down and up again. Tells whether each works, whether its undo restores what was there, and which " +
    "locks it takes. Exits with status 2 if a version fails or its undo does not restore, with 1 if that could " +
    "not be found out.",
  options: [
    { flags: "--pending", help: "the versions that are pending on any shard (the default)" },
    { flags: "--all", help: "all versions; connects to no node" },
    {
      flags: "--on <shard>",
      help: "shard=NAME: on this live shard instead, in a transaction that is rolled back",
      values: ["shard="],
    },
  ],
  settings: [
    ...clusterSettings,
    ...(["lockTimeoutMs", "shell", "verbose", "scratch", "statementTimeoutMs"] as const),
  ],
  idle: ({ options: { on = "", all } }) => [
    on === ""
      ? { form: "rehearse without --on", settings: ["statementTimeoutMs"] }
      : { form: "rehearse --on", settings: ["scratch"] },
    ...(all === true
      ? [{ form: "rehearse --all", settings: ["hosts", "discovery", "only", "part"] as const }]
      : []),
  ],
  examples: [
    ["pg-mig rehearse --all --scratch=embedded", "in a CI job: needs nothing but Node"],
    ["pg-mig rehearse --scratch=postgres://me@db1/postgres", "what is pending"],
    ["pg-mig rehearse --on=shard=sh0001", "what is pending there, with the rows of that shard"],
  ],
  writesReport: true,
  connects: true,
  configAction: "list",
  async load({ arguments: versions, options }) {
    const { parseRehearseFlags } = await import("../rehearse-flags.js");
    const chosen = parseRehearseFlags(versions, options as RehearseFlags);
    const { rehearseAction } = await import("../actions/rehearse.js");
    return (context) => rehearseAction(chosen, context);
  },
};
