import { existsSync, readdirSync, realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, delimiter, join } from "node:path";
import { defineConfig, type ViteUserConfig } from "vitest/config";

/** The configuration of one project: what holds for all of them, and what is its own. */
export function project(
  name: string,
  own: NonNullable<ViteUserConfig["test"]> = {},
): ViteUserConfig {
  return defineConfig({
    test: {
      name,
      include: ["src/**/*.test.ts"],
      // Files share processes, since each start takes half a second. So a file must put back what it changes.
      isolate: false,
      // What is built is not to be translated once more, for each project.
      server: { deps: { external: [/\/(packages|apps)\/[^/]+\/dist\//] } },
      // Machines are shared and busy: a test that waits for ever is ended, one that is slow is not.
      testTimeout: 120_000,
      hookTimeout: 120_000,
      env: { PATH: pathToPrograms() },
      ...own,
    },
  });
}

/**
 * For a project whose tests wait for nothing: more files at a time than there are processors end no sooner, and each
 * loads anew what the tests import. Vitest wants such projects in a group of their own, which follows the others.
 */
export const busy: NonNullable<ViteUserConfig["test"]> = {
  maxWorkers: availableParallelism(),
  sequence: { groupOrder: 2 },
};

/** For a project whose tests wait even more than others: for commands that wait for servers. */
export const patient: NonNullable<ViteUserConfig["test"]> = {
  maxWorkers: availableParallelism() * 3,
  sequence: { groupOrder: 1 },
};

/** Debian's `psql` is a Perl program that looks for the newest one, four times the work of that one itself. */
function pathToPrograms(): string {
  const { PATH = "" } = process.env;
  const psql = PATH.split(delimiter)
    .map((folder) => join(folder, "psql"))
    .find((file) => existsSync(file));
  if (psql === undefined || basename(realpathSync(psql)) !== "pg_wrapper") {
    return PATH;
  }
  const versions = "/usr/lib/postgresql";
  const newest = readdirSync(versions)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(versions, version, "bin"))
    .find((folder) => existsSync(join(folder, "psql")));
  return newest === undefined ? PATH : `${newest}${delimiter}${PATH}`;
}
