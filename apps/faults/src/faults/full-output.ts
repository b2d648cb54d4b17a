import { closeSync, existsSync, openSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Report } from "pg-mig";
import type { Fault } from "../fault.js";

/** A file that is always full; other systems than Linux have none. */
const fullFile = "/dev/full";

/** A stream of the tool meets a full disk from its first byte on; the run goes on, and its status tells. */
function fullOutput(stream: "stdout" | "stderr"): Fault {
  return {
    name: `${stream}-full`,
    row: 27,
    impossible: async () => (existsSync(fullFile) ? undefined : `There is no ${fullFile} here.`),
    async inject(scene) {
      const full = openSync(fullFile, "w");
      const report = join(scene.migrationDirectory, "report.json");
      try {
        const args = [`--report=${report}`];
        const { status, stderr } = await scene.run({ [`${stream}To`]: full, args });
        const { outcome } = await readReport(report);
        return {
          outcome: "struck",
          runs: [],
          problems: [
            ...(outcome === "done" ? [] : [`the run was not done, but: ${outcome}`]),
            ...(status === 1 ? [] : [`the run ended with status ${status}: ${stderr}`]),
            ...(stream === "stderr" || /^warning: .* written to stdout: ENOSPC.*\n$/.test(stderr)
              ? []
              : [`the run said on stderr: ${stderr}`]),
          ],
        };
      } finally {
        closeSync(full);
        await rm(report, { force: true });
      }
    },
  };
}

/** What the run says of itself; a run that broke off has said nothing. */
async function readReport(path: string): Promise<Partial<Report>> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return {};
  }
}

export const fullOutputFaults: readonly Fault[] = [fullOutput("stdout"), fullOutput("stderr")];
