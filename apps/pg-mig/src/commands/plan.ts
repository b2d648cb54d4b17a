import { type CommandDefinition, planSettings } from "../command-definition.js";

export const planCommand: CommandDefinition = {
  name: "plan",
  help: "print what apply would do; changes nothing",
  details: "Takes the options of apply. It checks all that a run checks before its first change.",
  options: [
    { flags: "--sql", help: "print the exact SQL, too" },
    {
      flags: "--out <file>",
      help: "keep the plan in a file, for apply --plan",
      values: "files",
    },
    { flags: "--check", help: "exit with status 2 if there is anything to do" },
  ],
  settings: planSettings,
  examples: [
    ["pg-mig plan", "per version, its shards"],
    ["pg-mig plan --out=release.plan", "a plan to look at, and to carry out as it is"],
    ["pg-mig plan --check --quiet", "a gate: prints nothing if all is done"],
  ],
  connects: true,
  configAction: "apply",
  async load({ options: { sql, check, out: given } }) {
    const { dryRunAction } = await import("../actions/dry-run.js");
    const out = given === undefined ? undefined : String(given);
    return (context) =>
      dryRunAction({ undo: undefined, sql: sql === true, check: check === true, out }, context);
  },
};
