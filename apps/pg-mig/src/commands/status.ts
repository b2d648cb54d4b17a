import { type CommandDefinition, clusterSettings } from "../command-definition.js";

export const statusCommand: CommandDefinition = {
  name: "status",
  help: "print which versions each shard has and what is pending; changes nothing",
  options: [
    {
      flags: "--check",
      help: "exit with status 2 if anything is pending, edited or unfinished, or does not fit",
    },
  ],
  settings: clusterSettings,
  examples: [
    ["pg-mig status", "the map of versions"],
    ["pg-mig status --only=shard=sh0001", "what it has, since when, from which file"],
    ["pg-mig status --check --quiet", "a gate: prints nothing if all is done"],
  ],
  connects: true,
  configAction: "list",
  async load({ options: { check } }) {
    const { statusAction } = await import("../actions/status.js");
    return (context) => statusAction({ check: check === true }, context);
  },
};
