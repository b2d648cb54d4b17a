import type { Node } from "./node.js";
import { passwordOf } from "./pass-file.js";

/**
 * The environment variables with which psql and other programs of PostgreSQL reach a node as we do,
 * its password included; `undefined`: the variable must not be set. Reads the node's password file.
 */
export async function nodeEnvironment(node: Node): Promise<Record<string, string | undefined>> {
  const { password } = await passwordOf(node);
  return {
    PGHOST: node.host,
    PGPORT: String(node.port),
    PGUSER: node.user,
    // libpq, too, takes an empty password for none.
    PGPASSWORD: password === "" ? undefined : password,
    PGDATABASE: node.database,
    PGSSLMODE: node.sslMode,
    PGSSLROOTCERT: node.sslRootCert,
    PGSSLCERT: node.sslCert,
    PGSSLKEY: node.sslKey,
    // They would lead elsewhere.
    PGHOSTADDR: undefined,
    PGSERVICE: undefined,
  };
}
