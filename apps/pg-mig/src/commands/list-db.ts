import { type CommandDefinition, clusterSettings } from "../command-definition.js";

/** `--list=db` of pg-mig 2.x, which is no command of its own: `status` shows more. */
export const listDbCommand: CommandDefinition = {
  name: "list",
  help: "print the versions that each shard has",
  settings: clusterSettings,
  examples: [],
  connects: true,
  configAction: "list",
  load: async () => (await import("../actions/list-db.js")).listDbAction,
};
