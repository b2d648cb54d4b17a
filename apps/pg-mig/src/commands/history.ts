import { type CommandDefinition, clusterSettings } from "../command-definition.js";

export const historyCommand: CommandDefinition = {
  name: "history",
  help: "print when each version was applied, and which runs there were; changes nothing",
  details:
    "Tells of each version on how many shards it is, and when it was first and last applied to one, as the " +
    "ledgers of the shards say. With `journal: true` in a config file each run leaves a row on its nodes, and is told, too: " +
    "when, who, from where, with which version of the tool, and how it ended.",
  settings: clusterSettings,
  examples: [["pg-mig history --only=region=eu", "of some nodes"]],
  connects: true,
  configAction: "list",
  load: async () => (await import("../actions/history.js")).historyAction,
};
