import { type CommandDefinition, directorySettings } from "../command-definition.js";

export const chainCommand: CommandDefinition = {
  name: "chain",
  help: "rewrite chain.txt",
  details:
    "The file makes two branches of Git that both add a version conflict. Resolve the conflict with this " +
    "command, after the newer version has got the later timestamp. Needs no server.",
  settings: directorySettings,
  examples: [["pg-mig chain", "after a merge"]],
  connects: false,
  configAction: "chain",
  load: async () => (await import("../actions/chain.js")).chainAction,
};
