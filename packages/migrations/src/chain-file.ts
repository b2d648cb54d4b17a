import { join } from "node:path";
import { codeDigest, shortDigest } from "./code-digest.js";
import type { FileWriter } from "./file-system.js";
import type { MigrationDirectory } from "./migration-directory.js";
import { compareVersions, type Version } from "./version.js";

const chainFile = "chain.txt";

const explanation = `\
# The order of all migrations. Written by pg-mig: do not edit.
#
# This file is here to make two branches that both add a migration collide in Git. If it conflicts
# when you merge or rebase:
# 1. undo your own new migrations wherever they are applied (pg-mig --undo=VERSION);
# 2. give their files a timestamp later than that of every migration that came in
#    (pg-mig --make=TITLE@PREFIX makes a pair with such a name);
# 3. run pg-mig --chain, which writes this file anew, and commit it.
`;

/**
 * Renders chain.txt: what to do on a merge conflict, the short digest, then a line per version that
 * names the one before it. Two branches that both append a version change the same lines, so Git
 * cannot merge them in silence. Same versions, same bytes, in whichever order they are given.
 */
export function renderChainFile(versions: readonly Version[]): string {
  const names = versions.map(({ name }) => name).sort(compareVersions);
  const links = names.map((name, index) => `${names[index - 1] ?? "(init)"} -> ${name}`);
  return `${explanation}\n${[shortDigest(codeDigest(versions)), ...links].join("\n")}\n`;
}

/** Writes chain.txt into the migration directory, over the one that is there; returns its path. */
export async function writeChainFile(
  directory: Pick<MigrationDirectory, "path" | "versions">,
  fs: FileWriter,
): Promise<string> {
  const path = join(directory.path, chainFile);
  await fs.replaceFile(path, renderChainFile(directory.versions));
  return path;
}
