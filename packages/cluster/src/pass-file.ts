import { readFile, stat } from "node:fs/promises";
import type { NodeAddress } from "./node-address.js";

/**
 * Finds a password in the text of a `~/.pgpass` file: lines `host:port:database:user:password`, of
 * which the first that fits counts. `*` fits everything, `\` takes the next character as it is.
 * Pure. A Unix socket directory fits `localhost`, as in libpq.
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
    const fields = [...line.matchAll(/((?:\\.|[^:\\])*)(?::|$)/g)].map(([, field = ""]) => field);
    const fits = wanted.every((value, index) => {
      const field = fields[index];
      if (field === "*") {
        return true;
      }
      return (
        withoutBackslashes(field) === value ||
        (value.startsWith("/") && index === 0 && field === "localhost")
      );
    });
    if (fits && fields[4] !== undefined) {
      return withoutBackslashes(fields[4]);
    }
  }
  return undefined;
}

/**
 * Reads a password from a file in the format of `~/.pgpass`. A file that is not there, or that
 * others than its owner may read, gives none: libpq does not use such a file either.
 */
export async function readPassword(
  path: string,
  wanted: NodeAddress & { readonly user: string },
): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      return undefined;
    }
    return findPassword(await readFile(path, "utf8"), wanted);
  } catch {
    return undefined;
  }
}

function withoutBackslashes(field: string | undefined): string | undefined {
  return field?.replace(/\\(.)/g, "$1");
}
