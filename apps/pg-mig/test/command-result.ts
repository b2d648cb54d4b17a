import { judgeLines, reportJudge } from "./output-judge.js";

/** What a command printed, and how it ended. */
export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a command runs. A variable that is `undefined` is not there. */
export interface CommandPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Looks before a command runs; gives what throws if something that it has written does not fit its schema. */
export function commandJudge(
  args: readonly string[],
  { cwd }: CommandPlace,
): (result: CommandResult) => void {
  const judgeReports = reportJudge(args, cwd);
  return ({ stdout }) => {
    // Whatever a test is about, what the command prints for programs fits its schema.
    if (args.includes("--json")) {
      judgeLines(stdout);
    }
    judgeReports();
  };
}
