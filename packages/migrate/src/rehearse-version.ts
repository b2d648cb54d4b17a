import { diffShapes, type Shape } from "@pg-mig/catalog";
import { holdsStatement, type MigrationScript, type MigrationScripts } from "@pg-mig/migrations";
import { isPgMigError } from "@pg-mig/model";
import { errorInfo } from "@pg-mig/sessions";
import {
  createdOutside,
  type DatabaseObject,
  type DatabaseObjects,
  objectName,
  rewrittenObjects,
} from "./database-objects.js";
import type { RehearsedLock, RehearsedStatement } from "./lock-watch.js";
import { type RehearsedVersion, skippedVersion, untriedVersion } from "./rehearsed-version.js";

/** What a file did on a stage. */
export interface FileOutcome {
  /** What it failed with; `undefined`: it ran to its end. */
  readonly error: unknown;
  /** Why it did not run to its end, if the file is not to blame; then there is no `error`. */
  readonly untried?: string | undefined;
  readonly statements: readonly RehearsedStatement[];
  readonly locks: readonly RehearsedLock[];
  readonly sequences: ReadonlySet<string>;
  readonly durationMs: number;
}

/** A shard on which versions are tried. */
export interface RehearsalStage {
  readonly shard: string;
  /** @throws PgMigError `SHARD_DROPPED` if the schema is gone */
  shape(): Promise<Shape>;
  objects(): Promise<DatabaseObjects>;
  /** Runs a file. One that fails is rolled back, as far as it can be. */
  run(file: MigrationScript): Promise<FileOutcome>;
}

/** Both files of a version. */
export interface VersionFiles {
  readonly up: MigrationScript;
  readonly down: MigrationScript;
}

/** The files of a version that was loaded. */
export function versionFiles(scripts: MigrationScripts, version: string): VersionFiles {
  const up = scripts.up.get(version);
  const down = scripts.down.get(version);
  if (up === undefined || down === undefined) {
    throw new Error(`The files of ${version} were not loaded.`);
  }
  return { up, down };
}

/** What is to be told of a version, and why later ones cannot be tried on the stage, if so. */
export interface TriedVersion {
  readonly told: RehearsedVersion;
  readonly brokenBy?: string;
}

/** Tries a version: up, down, and up again. */
export async function rehearseVersion(
  stage: RehearsalStage,
  { up, down }: VersionFiles,
): Promise<TriedVersion> {
  const { version } = up;
  const { shard } = stage;
  const former = await shapeAfter(stage);
  if ("error" in former) {
    const reason = "its schema is gone";
    return { told: skippedVersion(version, reason), brokenBy: reason };
  }
  const before = await stage.objects();
  const first = await stage.run(up);
  if (first.untried !== undefined) {
    return {
      told: skippedVersion(version, first.untried),
      brokenBy: `${version} could not be tried`,
    };
  }
  const { locks, statements, durationMs } = first;
  const tried = { ...untriedVersion(version), locks, statements, durationMs };
  const reached = await shapeAfter(stage, first);
  if ("error" in reached) {
    const told: RehearsedVersion = { ...tried, up: "failed", error: infoOf(reached.error, up) };
    return { told, brokenBy: `${version} failed` };
  }
  const after = await stage.objects();
  const nameOf = (one: DatabaseObject) => objectName(one, shard);
  const applied: RehearsedVersion = {
    ...tried,
    up: "ok",
    rewrites: rewrittenObjects(before, after).map(nameOf).sort(),
    createsOutside: createdOutside(shard, before, after).map(nameOf).sort(),
    sequences: [...first.sequences],
  };
  if (!holdsStatement(down.script)) {
    const differences = diffShapes(former, reached);
    return { told: { ...applied, down: "empty", restores: differences.length === 0, differences } };
  }
  const second = await stage.run(down);
  if (second.untried !== undefined) {
    return { told: { ...applied, reason: `not undone: ${second.untried}` } };
  }
  const restored = await shapeAfter(stage, second);
  if ("error" in restored) {
    const error = infoOf(restored.error, down);
    const told: RehearsedVersion = { ...applied, down: "failed", error };
    if (second.error === undefined) {
      return { told, brokenBy: `the undo of ${version} failed` };
    }
    // What an undo outside of a transaction did before it failed is there for later versions.
    return down.transaction === "wrapped"
      ? { told }
      : { told, brokenBy: `the undo of ${version} failed half-way` };
  }
  const left = diffShapes(former, restored);
  const undone: RehearsedVersion = {
    ...applied,
    down: "ok",
    restores: left.length === 0,
    differences: left,
  };
  const third = await stage.run(up);
  if (third.untried !== undefined) {
    return {
      told: { ...undone, reason: `not applied again: ${third.untried}` },
      brokenBy: `${version} could not be applied again`,
    };
  }
  const repeated = await shapeAfter(stage, third);
  if ("error" in repeated) {
    return {
      told: { ...undone, repeats: false, error: infoOf(repeated.error, up) },
      brokenBy: `${version} failed the second time`,
    };
  }
  const other = diffShapes(reached, repeated);
  const differences = left.length === 0 ? other : left;
  return { told: { ...undone, repeats: other.length === 0, differences } };
}

/** The shape of the stage after a file; or what that failed with, which may be that its schema is gone. */
async function shapeAfter(
  stage: RehearsalStage,
  { error }: Pick<FileOutcome, "error"> = { error: undefined },
): Promise<Shape | { readonly error: unknown }> {
  if (error !== undefined) {
    return { error };
  }
  try {
    return await stage.shape();
  } catch (gone) {
    if (isPgMigError(gone) && gone.code === "SHARD_DROPPED") {
      return { error: gone };
    }
    throw gone;
  }
}

function infoOf(error: unknown, { version, script }: MigrationScript) {
  return errorInfo(error, { version, file: script.file });
}
