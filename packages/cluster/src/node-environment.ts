import { libpqOptions } from "@pg-mig/model";
import type { Node } from "./node.js";
import { passwordOf } from "./pass-file.js";

/**
 * The environment variables with which psql and other programs of PostgreSQL reach a node as we do,
 * its password included; `undefined`: the variable must not be set. Reads the node's password file.
 */
export async function nodeEnvironment(node: Node): Promise<Record<string, string | undefined>> {
  const { endpoints, parameters } = node;
  const { password } = await passwordOf(node);
  const variables: Record<string, string | undefined> = {};
  for (const { keyword, variable } of libpqOptions) {
    const value = keyword === undefined ? undefined : parameters[keyword];
    if (variable !== undefined && value !== undefined) {
      variables[variable] = value;
    }
  }
  const addresses = endpoints.map(({ hostaddr = "" }) => hostaddr).join(",");
  return {
    ...variables,
    PGHOST: node.host,
    PGPORT: endpoints.map(({ port }) => port).join(","),
    PGUSER: node.user,
    // libpq, too, takes an empty password for none.
    PGPASSWORD: password === "" ? undefined : password,
    PGDATABASE: node.database,
    PGSSLMODE: node.sslMode,
    PGSSLROOTCERT: node.sslRootCert,
    PGSSLCERT: node.sslCert,
    PGSSLKEY: node.sslKey,
    // What is not said here would lead elsewhere.
    PGHOSTADDR: /[^,]/.test(addresses) ? addresses : undefined,
    PGSERVICE: undefined,
  };
}
