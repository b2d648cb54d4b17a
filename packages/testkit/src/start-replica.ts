import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { copyLiveDirectory } from "./copy-live-directory.js";
import { runProgram } from "./run-program.js";
import type { TestNode, TestNodeOptions } from "./test-node.js";
import { TestReplica } from "./test-replica.js";

export interface StartReplicaOptions extends TestNodeOptions {
  readonly primary: TestNode;
  readonly name: string;
  /** Where it connects to for streaming: the primary itself, or a proxy before it. */
  readonly through: { readonly host: string; readonly port: number };
}

/**
 * Copies a running node by PostgreSQL's low-level backup (there is no pg_basebackup in the npm
 * packages) and starts the copy as a hot standby that streams through a slot of its own.
 */
export async function startReplica(options: StartReplicaOptions): Promise<TestReplica> {
  const { primary, directory, user } = options;
  const replica = new TestReplica(options);
  await mkdir(directory, { mode: 0o700 });
  const label = await backUp(primary, replica);
  await Promise.all([
    writeFile(join(replica.dataDirectory, "backup_label"), label),
    writeFile(join(replica.dataDirectory, "standby.signal"), ""),
    appendFile(join(replica.dataDirectory, "postgresql.auto.conf"), streaming(options)),
  ]);
  if (user !== undefined) {
    const owner = `${user.uid}:${user.gid}`;
    await runProgram("chown", ["-R", owner, directory], { user: undefined, cwd: directory });
  }
  await replica.start();
  return replica;
}

/** Copies the primary's data, and gives the label that tells recovery where to begin. */
async function backUp(primary: TestNode, replica: TestReplica): Promise<string> {
  const old = primary.major < 15;
  const client = await primary.connect();
  try {
    // The slot keeps the log that the copy needs.
    await client.query("SELECT pg_create_physical_replication_slot($1, true)", [replica.name]);
    await client.query(
      old
        ? "SELECT pg_start_backup('testkit', true, false)"
        : "SELECT pg_backup_start('testkit', true)",
    );
    await copyLiveDirectory(primary.dataDirectory, replica.dataDirectory);
    const { rows } = await client.query<{ labelfile: string }>(
      `SELECT labelfile FROM ${old ? "pg_stop_backup(false, false)" : "pg_backup_stop(false)"}`,
    );
    return rows[0]?.labelfile ?? "";
  } finally {
    await client.end();
  }
}

function streaming({ primary, name, through }: StartReplicaOptions): string {
  const address = `host=${through.host} port=${through.port} application_name=${name}`;
  const login = `user=${primary.user} password=${primary.password} sslmode=disable`;
  return `primary_conninfo = '${address} ${login}'\nprimary_slot_name = '${name}'\n`;
}
