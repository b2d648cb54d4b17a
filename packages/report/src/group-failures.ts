import { comparePlaces, type Place, renderLocation } from "@pg-mig/model";
import type { ErrorInfo } from "./error-info.js";
import { groupBy } from "./group-by.js";
import type { Report, StepFailure } from "./report.js";
import { withoutNames } from "./without-names.js";

/** Shards on which one version failed for one reason. */
export interface FailureGroup {
  readonly version: string;
  /** The error of the first of the shards. */
  readonly error: ErrorInfo;
  /** Whether the others say the very same, or `alike`: names and values in it are others there. */
  readonly words: "same" | "alike";
  readonly shards: readonly Place[];
  /** How many later versions of these shards were not attempted. */
  readonly notAttempted: number;
}

/** Nodes on which before.sql or after.sql failed for one reason. */
export interface HookFailureGroup {
  readonly file: string;
  /** The error of the first of the nodes. */
  readonly error: ErrorInfo;
  /** As {@link FailureGroup.words} has it. */
  readonly words: "same" | "alike";
  readonly nodes: readonly string[];
}

/** Groups failures by {@link failureReason}; sorted by version, node, shard, whichever came first. */
export function groupFailures(failures: readonly StepFailure[]): FailureGroup[] {
  return groupBy(failures.toSorted(compareSteps), failureReason).map(([first, ...rest]) => ({
    version: first.version,
    error: first.error,
    words: wordsOf([first, ...rest]),
    shards: [first, ...rest].map(({ node, shard }) => ({ node, shard })),
    notAttempted: [first, ...rest].reduce((sum, { notAttempted }) => sum + notAttempted.length, 0),
  }));
}

/** Groups the failures of before.sql and after.sql in the same way; sorted by node. */
export function groupHookFailures(failures: Report["hookFailures"]): HookFailureGroup[] {
  const sorted = failures.toSorted((a, b) => (a.node < b.node ? -1 : 1));
  return groupBy(sorted, ({ node, file, error }) => reason(error, file, [node])).map(
    ([first, ...rest]) => ({
      file: first.file,
      error: first.error,
      words: wordsOf([first, ...rest]),
      nodes: [first, ...rest].map(({ node }) => node),
    }),
  );
}

/**
 * Why a version failed on a shard, as a key: equal for shards that failed for the same reason. The
 * name of the shard and every quoted name or value in the message do not count.
 */
export function failureReason(failure: Omit<StepFailure, "notAttempted">): string {
  return reason(failure.error, failure.version, [failure.node, failure.shard]);
}

function wordsOf(failures: readonly { readonly error: ErrorInfo }[]): FailureGroup["words"] {
  const said = failures.map(({ error: { message, server } }) =>
    JSON.stringify([message, server?.message, server?.detail, server?.hint, server?.context]),
  );
  return new Set(said).size === 1 ? "same" : "alike";
}

function compareSteps(a: StepFailure, b: StepFailure): number {
  return a.version === b.version ? comparePlaces(a, b) : a.version < b.version ? -1 : 1;
}

function reason(error: ErrorInfo, subject: string, names: readonly string[]): string {
  const message = withoutNames(error.server?.message ?? error.message, names);
  const { code, server, where } = error;
  return JSON.stringify([subject, code, server?.sqlState, renderLocation(where), message]);
}
