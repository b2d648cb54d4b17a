import { isPgMigError, PgMigError, quoteIdentifier, wordsOf } from "@pg-mig/model";
import type { Client } from "pg";
import { sqlStateOf } from "./connect-failure.js";
import { type ConnectNodeOptions, connectNode } from "./connect-node.js";
import { type Node, withDatabase } from "./node.js";
import { renderEndpoint } from "./node-address.js";

/** Databases that every server has, to connect to while the wanted one is missing. */
const maintenanceDatabases = ["postgres", "template1"];

/** 42P04 and 23505: somebody else created it just now; before or after we looked. */
const existsStates = ["42P04", "23505"];

export interface CreateIfMissingOptions extends ConnectNodeOptions {
  /** Waits for the answer to what was asked over a connection. @default for as long as it takes */
  readonly answered?: <T>(client: Client, asked: Promise<T>) => Promise<T>;
}

/**
 * Creates the database of a node if it is missing. Safe to run from several places at once. On a replica nothing is
 * created: the database comes from its primary.
 *
 * @throws PgMigError `DATABASE_CREATE_FAILED`, or what {@link connectNode} throws for anything but
 * a missing database.
 */
export async function createDatabaseIfMissing(
  node: Node,
  { answered = (_, asked) => asked, ...options }: CreateIfMissingOptions,
): Promise<"created" | "exists" | "replica"> {
  if (await databaseExists(node, options)) {
    return "exists";
  }
  const client = await connectToServer(node, options);
  try {
    const asked = client.query("SELECT pg_catalog.pg_is_in_recovery() AS replica");
    const { rows } = await answered(client, asked);
    if (rows[0]?.replica === true) {
      return "replica";
    }
    await answered(client, client.query(`CREATE DATABASE ${quoteIdentifier(node.database)}`));
    return "created";
  } catch (error) {
    if (existsStates.includes(sqlStateOf(error) ?? "")) {
      return "exists";
    }
    const words = wordsOf(error);
    throw new PgMigError(
      `Creating the database "${node.database}" at ${renderEndpoint(node)} failed: ${words}.`,
      {
        code: "DATABASE_CREATE_FAILED",
        hint: `Create it yourself, or allow user "${node.user}" to: ALTER ROLE … CREATEDB.`,
        where: { node: node.label },
        cause: error,
      },
    );
  } finally {
    await client.end();
  }
}

/**
 * Whether the database of a node exists.
 *
 * @throws PgMigError what {@link connectNode} throws for anything but a missing database.
 */
export async function databaseExists(node: Node, options: ConnectNodeOptions): Promise<boolean> {
  const client = await connectIfThere(node, options);
  await client?.end();
  return client !== undefined;
}

async function connectToServer(node: Node, options: ConnectNodeOptions): Promise<Client> {
  for (const database of maintenanceDatabases) {
    const client = await connectIfThere(withDatabase(node, database), options);
    if (client !== undefined) {
      return client;
    }
  }
  throw new PgMigError(
    `The database "${node.database}" at ${renderEndpoint(node)} cannot be created: there is neither "postgres" nor "template1" to connect to.`,
    { code: "DATABASE_CREATE_FAILED", hint: "Create it yourself.", where: { node: node.label } },
  );
}

async function connectIfThere(
  node: Node,
  options: ConnectNodeOptions,
): Promise<Client | undefined> {
  try {
    return await connectNode(node, options);
  } catch (error) {
    if (isPgMigError(error) && error.code === "DATABASE_MISSING") {
      return undefined;
    }
    throw error;
  }
}
