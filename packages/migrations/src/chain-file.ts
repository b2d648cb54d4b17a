import { join } from "node:path";
import { PgMigError } from "@pg-mig/model";
import { decodeUtf8 } from "./decode-utf8.js";
import { type FileReader, type FileWriter, systemErrorCode } from "./file-system.js";
import type { MigrationDirectory } from "./migration-directory.js";
import { notWritten } from "./not-written.js";
import { renderChainFile } from "./render-chain-file.js";

const chainFile = "chain.txt";

/**
 * Brings chain.txt in the migration directory up to date, or makes it; returns its path. What is
 * right in it stays as it is, byte for byte.
 *
 * @throws PgMigError `CHAIN_FILE_INVALID` if the file cannot be read or is no UTF-8: then it is not changed;
 * `MIGRATION_FILE_NOT_WRITTEN`
 */
export async function writeChainFile(
  directory: Pick<MigrationDirectory, "path" | "versions">,
  fs: FileReader & FileWriter,
): Promise<string> {
  const path = join(directory.path, chainFile);
  const before = await readText(path, fs);
  const after = renderChainFile(directory.versions, before);
  if (after !== before) {
    await fs.replaceFile(path, after).catch((error: unknown) => {
      throw notWritten(path, error);
    });
  }
  return path;
}

/** The text of the file; `undefined`: there is none. */
async function readText(path: string, fs: FileReader): Promise<string | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await fs.readFile(path);
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === "ENOENT") {
      return undefined;
    }
    if (reason === undefined) {
      throw error;
    }
    throw new PgMigError(`The file ${path} cannot be read (${reason}).`, {
      code: "CHAIN_FILE_INVALID",
      hint: "Check its permissions, or remove it: then it is made anew.",
      where: { file: path },
      cause: error,
    });
  }
  const decoded = decodeUtf8(bytes);
  if ("text" in decoded) {
    return decoded.text;
  }
  throw new PgMigError(
    `The file ${path} is not UTF-8: byte ${decoded.invalidAt + 1} does not belong there.`,
    {
      code: "CHAIN_FILE_INVALID",
      hint: "Save it as UTF-8, or remove it: then it is made anew.",
      where: { file: path },
    },
  );
}
