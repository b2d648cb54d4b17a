import { hostname } from "node:os";
import type { RunOrigin } from "@pg-mig/migrate";
import { accountName } from "./account.js";
import { programVersion } from "./program-version.js";

/**
 * Who runs the command, from where, and what. The commit costs a process of git, and is read only if somebody
 * will see it; without git, or outside of a repository, nobody knows it.
 */
export async function runOrigin({
  env,
  directory,
  readsCommit,
}: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  readonly readsCommit: boolean;
}): Promise<RunOrigin> {
  return {
    user: accountName(env),
    host: hostname(),
    program: `pg-mig ${programVersion()}`,
    ...(readsCommit ? { commit: await commitOf(directory, env.PATH) } : {}),
  };
}

async function commitOf(directory: string, path: string | undefined): Promise<string | undefined> {
  const { execFile } = await import("node:child_process");
  return new Promise((resolve) => {
    const args = ["-C", directory, "rev-parse", "--verify", "--quiet", "HEAD"];
    // Nothing of the environment but where git is: GIT_DIR and its like would answer for another repository.
    execFile("git", args, { timeout: 5000, env: { PATH: path } }, (error, stdout) => {
      const commit = stdout.trim();
      resolve(error === null && /^[0-9a-f]{40,64}$/.test(commit) ? commit : undefined);
    });
  });
}
