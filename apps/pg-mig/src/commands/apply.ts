import { applySettings, type CommandDefinition } from "../command-definition.js";
import { commandLineError } from "../command-line-error.js";
import { dryOption, wantedDryRun } from "../dry-option.js";

export const applyCommand: CommandDefinition = {
  name: "apply",
  help: "apply what is pending (also without a command)",
  details:
    "Runs before.sql on each node, then the pending versions of each shard, then after.sql. Each version on " +
    "each shard is all or nothing. If something fails, fix it and run again: it resumes.",
  options: [
    {
      flags: "--plan <file>",
      help: "do what this plan of plan --out has, and nothing else",
      values: "files",
    },
    dryOption,
  ],
  settings: applySettings,
  examples: [
    ["pg-mig apply --only=shard=sh0001", "one shard first"],
    ["pg-mig apply --wave=next", "the next wave of the rollout, and no other"],
    ["pg-mig apply --plan=release.plan", "exactly what was planned, or nothing if anything moved"],
    ["pg-mig apply --report=last.json", "all of them, and keep the report"],
  ],
  writesReport: true,
  connects: true,
  configAction: "apply",
  async load({ options: { dry, plan: given } }) {
    const wanted = wantedDryRun(dry);
    const plan = given === undefined ? undefined : String(given);
    if (wanted !== undefined) {
      const { dryRunAction } = await import("../actions/dry-run.js");
      return (context) => {
        if (context.settings.wave !== undefined) {
          throw commandLineError(
            "A dry run takes no --wave: it shows what is pending in all waves.",
            "Leave one of them out.",
          );
        }
        return dryRunAction({ undo: undefined, sql: wanted === "sql", plan }, context);
      };
    }
    const { applyAction } = await import("../actions/apply.js");
    return (context) => applyAction(context, plan);
  },
};
