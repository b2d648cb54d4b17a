import { diffShapes, type Shape } from "@pg-mig/catalog";
import { holdsStatement, type MigrationScript } from "@pg-mig/migrations";
import { isPgMigError } from "@pg-mig/model";
import { errorInfo } from "@pg-mig/sessions";
import {
  createdOutside,
  type DatabaseObjects,
  objectName,
  rewrittenObjects,
} from "./database-objects.js";
import type { RehearsedLock, RehearsedStatement } from "./lock-watch.js";
import { type RehearsedVersion, skippedVersion } from "./rehearsed-version.js";

/** What a file did on a stage. */
export interface FileOutcome {
  /** What it failed with; `undefined`: it ran to its end. */
  readonly error: unknown;
  /** Why it says nothing of the file that it did not run to its end; `undefined`: it does. */
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
  const former = await shapeOf(stage);
  if ("gone" in former) {
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
  const { reason: _, ...nothing } = skippedVersion(version, "");
  const { locks, statements, durationMs } = first;
  const observed: RehearsedVersion = { ...nothing, up: "failed", locks, statements, durationMs };
  const reached = first.error === undefined ? await shapeOf(stage) : { gone: first.error };
  if ("gone" in reached) {
    const told: RehearsedVersion = { ...observed, error: infoOf(reached.gone, up) };
    return { told, brokenBy: `${version} failed` };
  }
  const after = await stage.objects();
  const nameOf = (one: { readonly schema: string; readonly name: string }) =>
    objectName(one, shard);
  const told: RehearsedVersion = {
    ...observed,
    up: "ok",
    rewrites: rewrittenObjects(before, after).map(nameOf).sort(),
    createsOutside: createdOutside(shard, before, after).map(nameOf).sort(),
    sequences: [...first.sequences],
  };
  if (!holdsStatement(down.script)) {
    const differences = diffShapes(former, reached);
    return { told: { ...told, down: "empty", restores: differences.length === 0, differences } };
  }
  const undone = await stage.run(down);
  if (undone.untried !== undefined) {
    return { told: { ...told, reason: `not undone: ${undone.untried}` } };
  }
  if (undone.error !== undefined) {
    const failed: RehearsedVersion = {
      ...told,
      down: "failed",
      error: infoOf(undone.error, down),
    };
    // What an undo outside of a transaction did before it failed is there for later versions.
    return down.transaction === "wrapped"
      ? { told: failed }
      : { told: failed, brokenBy: `the undo of ${version} failed half-way` };
  }
  const restored = await shapeOf(stage);
  if ("gone" in restored) {
    const failed: RehearsedVersion = {
      ...told,
      down: "failed",
      error: infoOf(restored.gone, down),
    };
    return { told: failed, brokenBy: `the undo of ${version} failed` };
  }
  const left = diffShapes(former, restored);
  const undoneTold: RehearsedVersion = {
    ...told,
    down: "ok",
    restores: left.length === 0,
    differences: left,
  };
  const again = await stage.run(up);
  if (again.untried !== undefined) {
    const told: RehearsedVersion = {
      ...undoneTold,
      reason: `not applied again: ${again.untried}`,
    };
    return { told, brokenBy: `${version} could not be applied again` };
  }
  const repeated = again.error === undefined ? await shapeOf(stage) : { gone: again.error };
  if ("gone" in repeated) {
    const told: RehearsedVersion = {
      ...undoneTold,
      repeats: false,
      error: infoOf(repeated.gone, up),
    };
    return { told, brokenBy: `${version} failed the second time` };
  }
  const other = diffShapes(reached, repeated);
  return {
    told: {
      ...undoneTold,
      repeats: other.length === 0,
      differences: left.length === 0 ? other : left,
    },
  };
}

/** The shape of the stage, or the error of what took its schema away. */
async function shapeOf(stage: RehearsalStage): Promise<Shape | { readonly gone: unknown }> {
  try {
    return await stage.shape();
  } catch (error) {
    if (isPgMigError(error) && error.code === "SHARD_DROPPED") {
      return { gone: error };
    }
    throw error;
  }
}

function infoOf(error: unknown, { version, script }: MigrationScript) {
  return errorInfo(error, { version, file: script.file });
}
