import { libpqOptions } from "@pg-mig/model";
import type { Node } from "./node.js";
import { passwordOf } from "./pass-file.js";

/** Environment variables, by name; `undefined`: it must not be set. */
type Variables = Readonly<Record<string, string | undefined>>;

/** What was made last for a node: all sessions there have the same one. */
const known = new WeakMap<
  Node,
  { readonly password: string | undefined; readonly variables: Variables }
>();

/**
 * The environment variables with which psql and other programs of PostgreSQL reach a node as we do,
 * its password included; `undefined`: the variable must not be set. Reads the node's password file. The same
 * object again, as long as the password is the same.
 */
export async function nodeEnvironment(node: Node): Promise<Variables> {
  const { password } = await passwordOf(node);
  const before = known.get(node);
  if (before !== undefined && before.password === password) {
    return before.variables;
  }
  const variables = variablesOf(node, password);
  known.set(node, { password, variables });
  return variables;
}

function variablesOf(node: Node, password: string | undefined): Variables {
  const { endpoints, parameters } = node;
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
