import { basename } from "node:path";
import { type MigrationDirectory, parseMigrationFileName } from "@pg-mig/migrations";
import { nearestWord, PgMigError } from "@pg-mig/model";

/**
 * The name of a version on disk, of its name or the name or path of one of its files.
 *
 * @throws PgMigError `VERSION_UNKNOWN`
 */
export function requireVersion({ path, versions }: MigrationDirectory, text: string): string {
  const name = parseMigrationFileName(basename(text))?.version.name ?? text;
  if (versions.some((version) => version.name === name)) {
    return name;
  }
  const names = versions.map((version) => version.name);
  const near = nearestWord(name, names);
  const latest = names.slice(-3).reverse().join(", ");
  throw new PgMigError(`There is no version "${name}" in the directory ${path}.`, {
    code: "VERSION_UNKNOWN",
    hint: `${near === undefined ? "" : `Did you mean ${near}? `}Name a version as the action \`list\` prints it; the latest are ${latest}.`,
    where: { version: name },
  });
}
