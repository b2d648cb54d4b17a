import { type CommandDefinition, undoSettings } from "../command-definition.js";
import { commandLineError } from "../command-line-error.js";
import { dryOption, wantedDryRun } from "../dry-option.js";

export const undoCommand: CommandDefinition = {
  name: "undo",
  argument: {
    name: "[version]",
    help: "the version to undo, or one of its files; without it, the latest ones are listed",
    values: "versions",
  },
  help: "undo a version where it is the latest",
  details:
    "Runs its .dn.sql on each shard whose latest version it is. If later versions follow it on any " +
    "shard, nothing is changed.",
  options: [
    {
      flags: "--run <report>",
      help: "undo what the run of this report (.json) has applied, newest first",
      values: "files",
    },
    dryOption,
  ],
  settings: undoSettings,
  examples: [
    ["pg-mig undo 20260102030405.add-users.sh --dry", "what it would do"],
    ["pg-mig undo 20260102030405.add-users.sh", "does it"],
    ["pg-mig undo --run=last.json", "all that a run has applied, and nothing else"],
  ],
  writesReport: true,
  connects: true,
  configAction: "undo",
  async load({ arguments: [version = ""], options: { dry, run } }) {
    const wanted = wantedDryRun(dry);
    if (run !== undefined) {
      if (version !== "" || wanted !== undefined) {
        throw commandLineError(
          `--run and ${wanted === undefined ? "a version" : "--dry"} exclude each other.`,
          "Leave one of them out.",
        );
      }
      const { undoRunAction } = await import("../actions/undo.js");
      return (context) => undoRunAction(String(run), context);
    }
    if (wanted !== undefined && version !== "") {
      const { dryRunAction } = await import("../actions/dry-run.js");
      return (context) => dryRunAction({ undo: version, sql: wanted === "sql" }, context);
    }
    const { undoAction } = await import("../actions/undo.js");
    return (context) => undoAction(version, context);
  },
};
