import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/**
 * Makes a migration directory for one test; it is removed after the test. Keys are the names of versions
 * (their up file; the dn file is made) or of files.
 */
export async function migrationFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pg-mig-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await addMigrations(folder, files);
  return folder;
}

/** Writes more files into a migration directory, or over those that are there. */
export async function addMigrations(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    if (name.endsWith(".sql")) {
      await writeFile(join(folder, name), text);
    } else {
      await writeFile(join(folder, `${name}.up.sql`), text);
      await writeFile(join(folder, `${name}.dn.sql`), "SELECT 1;");
    }
  }
}
