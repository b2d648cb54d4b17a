import { appendFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Fault } from "../fault.js";
import { type TestVersion, testVersion } from "../test-version.js";
import { usualWorkMs } from "./passing-trouble.js";

/** The version in the middle, which has the hostile statement; its neighbours must not notice. */
const hostilePosition = 2;

function hostile(statement: string, place: "before" | "behind"): TestVersion {
  const version = testVersion(hostilePosition, "plain");
  const [note = "", table = ""] = version.up.split("\n");
  const lines = place === "before" ? [note, statement, table] : [note, table, statement];
  return { ...version, up: `${lines.join("\n")}\n` };
}

/**
 * A file holds a statement that has no business there. Whether the tool refuses it, fails, or lets
 * it be: the file and the ledger must agree, and the next file begins clean.
 */
function hostileStatement(
  name: string,
  statement: string,
  places: readonly ["before" | "behind", ...("before" | "behind")[]] = ["before", "behind"],
): Fault {
  return {
    name: `file-with-${name}`,
    row: 28,
    versions: (random) => [
      testVersion(1, "plain"),
      hostile(statement, random.pick(places)),
      testVersion(3, "plain"),
    ],
    async inject(scene) {
      const ended = await scene.run();
      return {
        outcome: "struck",
        runs: [ended],
        fix: () => scene.writeVersions([testVersion(hostilePosition, "plain")]),
      };
    },
  };
}

/** What happens to the last file while versions are run. */
function troubledFile(name: string, trouble: (path: string) => Promise<void>): Fault {
  return {
    name,
    row: 28,
    async inject(scene, random) {
      const last = scene.versions.at(-1)?.name;
      const run = scene.start();
      const struck = await run.isAtWorkFor(random.integer(0, usualWorkMs / 2));
      await trouble(join(scene.migrationDirectory, `${last}.up.sql`));
      const ended = await run.ended;
      return {
        outcome: struck ? "struck" : "missed",
        runs: [ended],
        fix: () => scene.writeVersions(scene.versions),
      };
    },
  };
}

export const hostileFileFaults: readonly Fault[] = [
  hostileStatement("commit", "COMMIT;"),
  hostileStatement("commit-and-chain", "COMMIT AND CHAIN;"),
  hostileStatement("rollback", "ROLLBACK;"),
  hostileStatement("hidden-commit", "DO $$ BEGIN COMMIT; END $$;"),
  hostileStatement("executed-rollback", "SELECT 'ROLLBACK' \\gexec"),
  hostileStatement("begin", "BEGIN;"),
  hostileStatement("set-role", "SET ROLE pg_monitor;"),
  hostileStatement("session-authorization", "SET SESSION AUTHORIZATION pg_monitor;"),
  hostileStatement("search-path", "SET search_path TO public;", ["behind"]),
  hostileStatement("discard-all", "DISCARD ALL;"),
  hostileStatement("unlock-all", "SELECT pg_advisory_unlock_all();"),
  hostileStatement("suicide", "SELECT pg_terminate_backend(pg_backend_pid());"),
  hostileStatement("self-cancel", "SELECT pg_cancel_backend(pg_backend_pid());"),
  hostileStatement("read-only", "SET TRANSACTION READ ONLY;"),
  hostileStatement("hair-trigger", "SET statement_timeout TO 1; SELECT pg_sleep(0);"),
  hostileStatement("savepoint", "SAVEPOINT s; DROP TABLE item; ROLLBACK TO s;"),
  hostileStatement("own-ledger-write", "DROP FUNCTION mig_versions_const();"),
  troubledFile("file-changes", (path) => appendFile(path, "\n-- edited meanwhile\n")),
  troubledFile("file-goes-away", (path) => rm(path)),
];
