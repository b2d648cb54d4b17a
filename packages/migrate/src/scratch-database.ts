import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import process from "node:process";
import { connectNode, type Node, withDatabase } from "@pg-mig/cluster";
import { PgMigError, quoteLiteral, wordsOf } from "@pg-mig/model";
import { type Session, SessionPool, SessionWatch } from "@pg-mig/sessions";
import { openScratchServer } from "./scratch-server.js";
import type { ScratchOptions } from "./scratch-use.js";

/** A database that is there for one use. */
export interface ScratchDatabase {
  readonly node: Node;
  /** Opens a session of it. Who gets it must close it. */
  openSession(): Promise<Session>;
  /** Drops it, and throws out who is still connected. What keeps it from that is a note. */
  drop(): Promise<void>;
}

/** The first key of the advisory locks that say of a scratch database that its maker is there. */
const lockClass = 0x70676d69;

const namePattern = "^pg_mig_scratch_[0-9a-f]{8}$";
const applicationName = "pg-mig scratch";

/**
 * Makes a database on a server that `scratch` names, with a name that nobody else has. Before that, it
 * drops what makers have left that are gone: as long as one is there, its connection holds a lock, which it
 * takes before it makes the database.
 *
 * @throws PgMigError `SCRATCH_MISSING`; `SCRATCH_FAILED` if the server refuses; what `connectNode` throws.
 */
export async function createScratchDatabase(options: ScratchOptions): Promise<ScratchDatabase> {
  const server = await openScratchServer(options);
  const watched = watchedSessions(options);
  try {
    const keeper = await watched.open(server.node);
    try {
      await dropLeftovers(keeper, options);
      const roles = await readRoles(keeper);
      const name = await createDatabase(keeper);
      const node = withDatabase(server.node, name);
      return {
        node,
        openSession: () => watched.open(node),
        async drop() {
          try {
            if (server.kind === "given") {
              await keeper.client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
              const known = new Set(roles);
              const left = (await readRoles(keeper)).filter((role) => !known.has(role));
              if (left.length > 0) {
                options.onNote(
                  `Roles that were not on ${server.node.label} before are there now: ${left.join(", ")}. If a file made them, drop them.`,
                );
              }
            }
          } catch (error) {
            options.onNote(`The scratch database ${name} could not be dropped: ${wordsOf(error)}.`);
          } finally {
            await watched.close();
            await server.stop();
          }
        },
      };
    } catch (error) {
      throw refused(server.node, error);
    }
  } catch (error) {
    await watched.close();
    await server.stop();
    throw error;
  }
}

/** Sessions that wait for no server which answers nobody. */
function watchedSessions({ signal, onNote }: ScratchOptions): {
  readonly open: (node: Node) => Promise<Session>;
  /** @throws a bug of the tool that the watch met */
  readonly close: () => Promise<void>;
} {
  const nodes = new Map<string, Node>();
  let bug: { readonly reason: unknown } | undefined;
  const sessions = new SessionPool({
    connect: ({ name }) =>
      connectNode(nodes.get(name) as Node, { applicationName, signal, onNote }),
    cancel: async () => {},
  });
  const watch = new SessionWatch({
    ...{ sessions, signal },
    emit: () => {},
    onBug(reason) {
      bug = { reason };
      for (const node of nodes.values()) {
        sessions.destroyAll(node);
      }
    },
  });
  return {
    open(node) {
      nodes.set(node.name, node);
      return sessions.acquire(node);
    },
    async close() {
      await sessions.close();
      watch.stop();
      if (bug !== undefined) {
        throw bug.reason;
      }
    },
  };
}

/** Roles belong to the whole server: those that files make do not go with the database. */
async function readRoles({ client }: Session): Promise<readonly string[]> {
  const { rows } = await client.query("SELECT rolname AS name FROM pg_catalog.pg_roles ORDER BY 1");
  return (rows as readonly { readonly name: string }[]).map(({ name }) => name);
}

async function createDatabase({ client }: Session): Promise<string> {
  const id = randomBytes(4);
  const name = `pg_mig_scratch_${id.toString("hex")}`;
  await client.query(`SELECT pg_advisory_lock(${lockClass}, ${id.readInt32BE()})`);
  // From template0: what somebody put into template1 is not what the files make.
  await client.query(`CREATE DATABASE ${name} TEMPLATE template0 ALLOW_CONNECTIONS false`);
  // Nobody else comes in, so that every role may make what it likes: those that files set with SET ROLE.
  await client.query(
    `REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC; GRANT CONNECT ON DATABASE ${name} TO SESSION_USER;
    GRANT CREATE ON DATABASE ${name} TO PUBLIC; ALTER DATABASE ${name} ALLOW_CONNECTIONS true`,
  );
  const maker = `process ${process.pid} on ${hostname()}, ${new Date().toISOString()}`;
  const comment = `Scratch database of pg-mig, made by ${maker}. If it is left, the next one drops it.`;
  await client.query(`COMMENT ON DATABASE ${name} IS ${quoteLiteral(comment)}`);
  return name;
}

/** Drops the scratch databases of this role whose makers are gone. Those of others are not touched. */
async function dropLeftovers(
  { client }: Session,
  { onNote }: Pick<ScratchOptions, "onNote">,
): Promise<void> {
  const { rows } = await client.query(
    `SELECT datname AS name, right(datname, 8) AS hex FROM pg_database WHERE datname ~ '${namePattern}'
      AND datdba = (SELECT oid FROM pg_roles WHERE rolname = current_user)`,
  );
  for (const { name, hex } of rows as readonly { readonly name: string; readonly hex: string }[]) {
    // The lock is looked for after the name: who makes a database has the lock before.
    const held = await client.query(
      "SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 " +
        `AND classid = ${lockClass} AND objid = ${Number.parseInt(hex, 16)}`,
    );
    if (held.rows.length > 0) {
      continue;
    }
    try {
      await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    } catch (error) {
      onNote(`The scratch database ${name}, which was left, cannot be dropped: ${wordsOf(error)}.`);
    }
  }
}

function refused(server: Node, cause: unknown): PgMigError {
  return new PgMigError(`No scratch database can be made on ${server.label}: ${wordsOf(cause)}.`, {
    code: "SCRATCH_FAILED",
    hint: `Allow user "${server.user}" to make databases there (ALTER ROLE … CREATEDB), or name another server.`,
    where: { node: server.label },
    cause,
  });
}
