import { type CommandDefinition, directorySettings } from "../command-definition.js";

export const digestCommand: CommandDefinition = {
  name: "digest",
  help: "print the digest of the versions on disk",
  details:
    "Of two digests, the greater one, compared as text, has the later version. Needs no server.",
  settings: directorySettings,
  examples: [["pg-mig digest", "for the health check of an application"]],
  connects: false,
  configAction: "digest",
  load: async () => (await import("../actions/digest.js")).digestAction,
};
