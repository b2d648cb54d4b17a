import type { Difference } from "@pg-mig/catalog";
import type { Place } from "@pg-mig/model";
import type { Blocker, ErrorInfo } from "@pg-mig/report";
import type { RehearsedLock, RehearsedStatement } from "./lock-watch.js";

/** What became of a version at its rehearsal. Plain data: it survives JSON. */
export interface RehearsedVersion {
  readonly version: string;
  readonly up: "ok" | "failed" | "skipped";
  readonly down: "ok" | "failed" | "skipped" | "empty";
  /** Whether the shard had its former shape after the undo; `null`: the undo was not run to its end. */
  readonly restores: boolean | null;
  /** Whether the second up gave the shape of the first; `null`: it was not tried. */
  readonly repeats: boolean | null;
  /** How the shape after the undo differs from the former one, or, with it restored, the second up from the first. */
  readonly differences: readonly Difference[];
  /** Those of the up file that are stronger than a reader's. */
  readonly locks: readonly RehearsedLock[];
  /** The tables and indexes that the up file writes anew. */
  readonly rewrites: readonly string[];
  /** What the up file makes in other schemas. */
  readonly createsOutside: readonly string[];
  /** The sequences that gave a number, or were set to one: a rollback does not take that back. */
  readonly sequences: readonly string[];
  /** The statements of the up file. */
  readonly statements: readonly RehearsedStatement[];
  /** How long the up file took, in milliseconds. */
  readonly durationMs: number;
  readonly error?: ErrorInfo;
  /** Why it was skipped, or tried in part only. */
  readonly reason?: string;
}

/** What became of all. Plain data: it survives JSON. */
export interface RehearsalReport {
  /**
   * - `ok`: all that was tried works, and its undo restores;
   * - `failed`: some version does not, or its undo does not;
   * - `unknown`: none of these, but the shard could not be had, or waiting for it took too long.
   */
  readonly outcome: "ok" | "failed" | "unknown";
  /** A database that was made for it, or a live shard on which all was rolled back. */
  readonly where: "scratch" | Place;
  /** Who was seen to be in the way, if nothing more was tried for that. */
  readonly blockedBy?: readonly Blocker[];
  /** In the order of their names. */
  readonly versions: readonly RehearsedVersion[];
}

/** The result for a version that was not tried at all. */
export function skippedVersion(version: string, reason: string): RehearsedVersion {
  return { ...untriedVersion(version), reason };
}

/** What is to be told of a version before anything of it was tried. */
export function untriedVersion(version: string): RehearsedVersion {
  return {
    version,
    up: "skipped",
    down: "skipped",
    restores: null,
    repeats: null,
    differences: [],
    locks: [],
    rewrites: [],
    createsOutside: [],
    sequences: [],
    statements: [],
    durationMs: 0,
  };
}

/** Whether a version failed, or its undo did not undo it. */
export function isBad({ up, down, restores, repeats }: RehearsedVersion): boolean {
  return (
    up === "failed" ||
    down === "failed" ||
    down === "empty" ||
    restores === false ||
    repeats === false
  );
}
