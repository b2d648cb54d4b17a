import { type CommandDefinition, clusterSettings } from "../command-definition.js";

export const listCommand: CommandDefinition = {
  name: "list",
  help: "print all versions on disk",
  details:
    "If the cluster answers, warns of files that were edited after they were applied; with --strict that " +
    "is a failure. Needs no server.",
  settings: [...clusterSettings, "strict"],
  examples: [["pg-mig list --quiet", "the names, and nothing else"]],
  connects: false,
  configAction: "list",
  load: async () => (await import("../actions/list.js")).listAction,
};
