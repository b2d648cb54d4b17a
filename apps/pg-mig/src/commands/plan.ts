import { type CommandDefinition, runSettings } from "../command-definition.js";

export const planCommand: CommandDefinition = {
  name: "plan",
  help: "print what apply would do; changes nothing",
  details: "Takes the options of apply. It checks all that a run checks before its first change.",
  options: [
    { flags: "--sql", help: "print the exact SQL, too" },
    { flags: "--check", help: "exit with status 2 if there is anything to do" },
  ],
  settings: runSettings,
  examples: [
    ["pg-mig plan", "per version, its shards"],
    ["pg-mig plan --check --quiet", "a gate: prints nothing if all is done"],
  ],
  connects: true,
  configAction: "apply",
  async load({ options: { sql, check } }) {
    const { dryRunAction } = await import("../actions/dry-run.js");
    return (context) =>
      dryRunAction({ undo: undefined, sql: sql === true, check: check === true }, context);
  },
};
