import { hash } from "node:crypto";
import { migrationFileName, parseVersion } from "@pg-mig/migrations";
import { PgMigError } from "@pg-mig/model";

/** A file that a plan runs. */
export interface PlannedFile {
  /** Its name in the migration directory. */
  readonly file: string;
  /** SHA-256 in hex; a byte order mark, CRLF and line feeds at the end do not count. */
  readonly checksum: string;
  /** The files that it includes, directly or not, in the order in which they are met. */
  readonly includes: readonly {
    /** Its path from the migration directory, as it was on the machine of the plan. */
    readonly file: string;
    readonly checksum: string;
  }[];
}

/** A database that a plan is for. */
export interface PlannedNode {
  /** As the host list reads it, without a user and a password. */
  readonly address: string;
  readonly systemIdentifier: string;
  readonly databaseOid: string;
}

/** Shards with one ledger, which are to get the same versions. */
export interface PlannedGroup {
  /** What their ledgers hold, oldest first; the checksum is missing if the ledger does not tell it. */
  readonly applied: readonly { readonly version: string; readonly checksum?: string }[];
  /** May be empty. */
  readonly pending: readonly string[];
  /** By node: the place of the node in `nodes`, from 0. */
  readonly shards: readonly { readonly node: number; readonly names: readonly string[] }[];
}

/** An apply that was planned, to be carried out elsewhere or later. Plain data: it survives JSON. */
export interface PlanFile {
  /** ISO 8601, UTC. */
  readonly madeAt: string;
  /** What made it, with its version. */
  readonly program: string;
  /** Whether it was made for chosen nodes or shards, and not for all that the hosts have. */
  readonly partial: boolean;
  /** All versions that were on disk. */
  readonly versions: readonly string[];
  /** Those that would run: before.sql, after.sql and the up files of pending versions. */
  readonly files: readonly PlannedFile[];
  readonly nodes: readonly PlannedNode[];
  /** All shards that have or get versions: each is in one group. */
  readonly groups: readonly PlannedGroup[];
  readonly statistics: {
    readonly steps: number;
    /** Shards with something pending. */
    readonly shards: number;
    readonly byVersion: readonly { readonly version: string; readonly shards: number }[];
  };
}

const type = "pg-mig plan";

/** Another number is another file: this release reads no other. */
const format = 1;

/** Renders a plan as the text of a file, with a seal that shows whether somebody has edited it. */
export function renderPlanFile(plan: PlanFile): string {
  const { madeAt, program, partial, versions, files, nodes, groups, statistics } = plan;
  const content = { madeAt, program, partial, versions, files, nodes, groups, statistics };
  return `${JSON.stringify({ type, format, seal: sealOf(content), ...content }, undefined, 1)}\n`;
}

/**
 * Reads the text of a file that {@link renderPlanFile} has made.
 *
 * @param file What the user calls the file.
 * @throws PgMigError `PLAN_FILE_INVALID` if it is no such text, was edited, or has another format
 */
export function parsePlanFile(text: string, file: string): PlanFile {
  const found = parseJson(text);
  if (!isRecord(found) || found.type !== type) {
    throw invalid(`The file ${file} is no plan of pg-mig.`, file);
  }
  const { type: _, format: givenFormat, seal, ...content } = found;
  if (givenFormat !== format) {
    const by = typeof content.program === "string" ? ` of ${content.program}` : "";
    throw invalid(
      `The plan ${file}${by} has the format ${JSON.stringify(givenFormat)}; this release reads format ${format}.`,
      file,
      "Apply it with the release that made it, or make a new plan.",
    );
  }
  if (seal !== sealOf(content)) {
    throw invalid(`The plan ${file} was edited, or is not whole.`, file);
  }
  if (!isPlan(content)) {
    throw invalid(`The plan ${file} holds what no release writes.`, file);
  }
  return content;
}

function sealOf(content: object): string {
  return hash("sha256", JSON.stringify(content));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(
  message: string,
  file: string,
  hint = "Nothing was changed. Make a new plan, and hand it on as it is.",
): PgMigError {
  return new PgMigError(message, { code: "PLAN_FILE_INVALID", hint, where: { file } });
}

function isPlan(value: Readonly<Record<string, unknown>>): value is PlanFile & typeof value {
  const { madeAt, program, partial, versions, files, nodes, groups, statistics } = value;
  if (!(isText(madeAt) && isText(program) && typeof partial === "boolean")) {
    return false;
  }
  if (!(isListOf(versions, isVersion) && isListOf(files, isFile) && isListOf(nodes, isNode))) {
    return false;
  }
  const known = new Set(files.map(({ file }) => file));
  return (
    isListOf(groups, isGroup) &&
    isStatistics(statistics) &&
    groups.every(
      ({ pending, shards }) =>
        pending.every((version) => known.has(migrationFileName(version, "up"))) &&
        shards.every(({ node }) => nodes[node] !== undefined),
    )
  );
}

function isFile(value: unknown): value is PlannedFile {
  return isChecked(value) && isListOf((value as { includes?: unknown }).includes, isChecked);
}

function isChecked(value: unknown): value is PlannedFile["includes"][number] {
  return isRecord(value) && isText(value.file) && isText(value.checksum);
}

function isNode(value: unknown): value is PlannedNode {
  return (
    isRecord(value) &&
    isText(value.address) &&
    isText(value.systemIdentifier) &&
    isText(value.databaseOid)
  );
}

function isGroup(value: unknown): value is PlannedGroup {
  return (
    isRecord(value) &&
    isListOf(value.applied, isApplied) &&
    isListOf(value.pending, isVersion) &&
    isListOf(value.shards, isPlaced)
  );
}

/** A ledger may hold any text. */
function isApplied(value: unknown): value is PlannedGroup["applied"][number] {
  const isKnown = isRecord(value) && (value.checksum === undefined || isText(value.checksum));
  return isKnown && isText(value.version);
}

function isPlaced(value: unknown): value is PlannedGroup["shards"][number] {
  return isRecord(value) && Number.isInteger(value.node) && isListOf(value.names, isText);
}

function isStatistics(value: unknown): value is PlanFile["statistics"] {
  return (
    isRecord(value) &&
    Number.isInteger(value.steps) &&
    Number.isInteger(value.shards) &&
    isListOf(
      value.byVersion,
      (one): one is PlanFile["statistics"]["byVersion"][number] =>
        isRecord(one) && isVersion(one.version) && Number.isInteger(one.shards),
    )
  );
}

function isVersion(value: unknown): value is string {
  return isText(value) && parseVersion(value) !== undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isListOf<T>(value: unknown, is: (one: unknown) => one is T): value is readonly T[] {
  return Array.isArray(value) && value.every(is);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
