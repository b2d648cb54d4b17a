import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";

/** What a base backup leaves out: https://www.postgresql.org/docs/current/continuous-archiving.html
 * (the standby makes them anew, and the log comes by streaming). */
const leftOut: ReadonlySet<string> = new Set(["postmaster.pid", "postmaster.opts"]);
const leftEmpty: ReadonlySet<string> = new Set([
  ...["pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots"],
  ...["pg_stat_tmp", "pg_subtrans"],
]);

/**
 * Copies the data directory of a running server, between the start and the end of a backup. Files
 * that vanish meanwhile are none of the backup's. Tablespaces elsewhere are not copied.
 */
export async function copyLiveDirectory(source: string, target: string): Promise<void> {
  await mkdir(target, { mode: 0o700 });
  const entries = await readdir(source, { withFileTypes: true });
  for (const entry of entries.filter(({ name }) => !leftOut.has(name))) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) {
      if (leftEmpty.has(entry.name)) {
        await mkdir(to, { mode: 0o700 });
      } else {
        await copyLiveDirectory(from, to);
      }
    } else if (entry.isFile()) {
      await copyFile(from, to).catch(ignoreVanished);
    }
  }
}

function ignoreVanished(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") {
    throw error;
  }
}
