import { setTimeout as sleep } from "node:timers/promises";
import type { TestDatabase } from "@pg-mig/testkit";

const toolsBackends = `
  SELECT pid FROM pg_stat_activity
   WHERE datname = current_database() AND backend_type = 'client backend'
     AND application_name LIKE 'pg-mig%'`;

/** The tool's backends in a database; those alone for which `condition` holds. */
export async function backendsOfTool(
  database: TestDatabase,
  condition = "true",
): Promise<readonly number[]> {
  const rows = await database.query<{ pid: number }>(`${toolsBackends} AND ${condition}`);
  return rows.map(({ pid }) => pid);
}

/** Resolves when one of the tool's statements waits for a lock; gives up when it seems never to. */
export async function waitsForLock(database: TestDatabase): Promise<"waits" | "never"> {
  const deadline = performance.now() + 20_000;
  while (performance.now() < deadline) {
    if ((await backendsOfTool(database, "wait_event_type = 'Lock'")).length > 0) {
      return "waits";
    }
    await sleep(10);
  }
  return "never";
}
