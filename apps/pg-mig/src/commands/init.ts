import { type CommandDefinition, directorySettings } from "../command-definition.js";

export const initCommand: CommandDefinition = {
  name: "init",
  help: "write the files that a new project starts with",
  details:
    "Writes pg-mig.config.ts and, in the directory migrations (or --migdir), a first version that " +
    "makes ten shards on each node. Asks nothing, overwrites nothing, needs no server.",
  settings: directorySettings.filter((setting) => setting !== "skipConfig"),
  // There is no config yet, and one of a parent folder is for another project.
  flags: { migdir: "migrations", skipConfig: true },
  examples: [["pg-mig init", "then write your nodes into pg-mig.config.ts"]],
  connects: false,
  configAction: "make",
  async load() {
    const { initAction } = await import("../actions/init.js");
    return initAction;
  },
};
