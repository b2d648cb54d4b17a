import { type CommandDefinition, directorySettings } from "../command-definition.js";
import { commandLineError } from "../command-line-error.js";

export const makeCommand: CommandDefinition = {
  name: "make",
  argument: { name: "<title@prefix>", help: "its title, and which schemas it is for" },
  help: "make the two files of a new version",
  details:
    "Writes <timestamp>.<title>.<prefix>.up.sql and .dn.sql, and chain.txt. Needs no server.",
  settings: directorySettings,
  examples: [["pg-mig make add-users@sh", 'for sh0001 and all others: "sh" and a digit']],
  connects: false,
  configAction: "make",
  async load({ arguments: [target] }) {
    if (target === undefined) {
      throw commandLineError(
        "make needs a title and a prefix.",
        "Write them as title@prefix: pg-mig make add-users@sh.",
      );
    }
    const { makeAction } = await import("../actions/make.js");
    return (context) => makeAction(target, context);
  },
};
