import { readFile, stat } from "node:fs/promises";
import type { Node } from "./node.js";
import type { NodeAddress } from "./node-address.js";
import { readPasswordFrom } from "./password.js";

/** Those that libpq is built with, by PostgreSQL itself and by the distributions. */
const usualSocketDirectories: readonly string[] = [
  "/tmp",
  "/var/run/postgresql",
  "/run/postgresql",
];

/**
 * Finds a password in the text of a `~/.pgpass` file: lines `host:port:database:user:password`, of
 * which the first that fits counts. `*` fits everything, `\` takes the next character as it is.
 * Pure. The usual directories of Unix sockets fit `localhost`, as in libpq.
 */
export function findPassword(
  text: string,
  { host, port, database, user }: NodeAddress & { readonly user: string },
): string | undefined {
  const wanted = [host, String(port), database, user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#")) {
      continue;
    }
    const fields = [...line.matchAll(/((?:\\(?:.|$)|[^:\\])*)(?::|$)/g)].map(
      ([, field = ""]) => field,
    );
    const fits = wanted.every((value, index) => {
      const field = fields[index];
      if (field === "*") {
        return true;
      }
      return (
        withoutBackslashes(field) === value ||
        (index === 0 && field === "localhost" && usualSocketDirectories.includes(value))
      );
    });
    if (fits && fields[4] !== undefined) {
      return withoutBackslashes(fields[4]);
    }
  }
  return undefined;
}

/** What a password file gives for a node, and why it is not used if it is there and unfit. */
export interface PassFileAnswer {
  readonly password?: string | undefined;
  /** A sentence. */
  readonly problem?: string;
}

/**
 * Reads a password from a file in the format of `~/.pgpass`. As with libpq, a file that is not there
 * gives none, and one that others than its owner may read or write is not used. Never rejects.
 */
export async function readPassword(
  path: string,
  wanted: NodeAddress & { readonly user: string },
): Promise<PassFileAnswer> {
  try {
    const found = await stat(path);
    if (!found.isFile()) {
      return { problem: `The password file ${path} is not a plain file.` };
    }
    if (process.platform !== "win32" && (found.mode & 0o077) !== 0) {
      return {
        problem: `The password file ${path} has group or world access; permissions should be u=rw (0600) or less.`,
      };
    }
    return { password: findPassword(await readFile(path, "utf8"), wanted) };
  } catch {
    return {};
  }
}

/**
 * The password to log in to a node with: its own, else that of its password file.
 *
 * @throws PgMigError `PASSWORD_FAILED` of a function that gives passwords
 */
export async function passwordOf(
  node: Node,
  { host, port }: Pick<NodeAddress, "host" | "port"> = node,
): Promise<PassFileAnswer> {
  const { password, passFile, database, user } = node;
  const place = { host, port, database, user };
  if (password !== undefined) {
    return { password: await readPasswordFrom(password, place) };
  }
  return passFile === undefined ? {} : readPassword(passFile, place);
}

function withoutBackslashes(field: string | undefined): string | undefined {
  return field?.replace(/\\(.)/g, "$1");
}
