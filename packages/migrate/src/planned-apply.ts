import { relative, resolve, sep } from "node:path";
import {
  type CheckedScript,
  checksumOf,
  codeDigest,
  type MigrationDirectory,
  migrationFileName,
  parseVersion,
} from "@pg-mig/migrations";
import { PgMigError } from "@pg-mig/model";
import { buildPlan, type Chain, type Plan, type Violation } from "@pg-mig/planner";
import { collapseShards, countOf, formatCount, groupBy } from "@pg-mig/report";
import { type OpenNode, type OpenShard, placeOf } from "@pg-mig/sessions";
import {
  compareFiles,
  comparePlan,
  groupsByNode,
  judgePlannedLedger,
  nodeKey,
  type PlanMove,
  upChecksums,
} from "./compare-plan.js";
import type { MigrationFiles } from "./migration-files.js";
import type { PlanFile, PlannedFile, PlannedNode } from "./plan-file.js";
import type { RunKind } from "./run-kind.js";

const moveHint = "See what was changed since the plan was made, then make a new plan.";

/** A plan that is carried out, and where. */
export interface PlannedApply {
  readonly plan: PlanFile;
  /** The directory as it is. */
  readonly onDisk: MigrationDirectory;
  /** The nodes that the hosts lead to and the plan does not have. */
  readonly strangers: readonly OpenNode[];
  /** Whether nodes or shards were chosen. */
  readonly limited: boolean;
}

/** What a plan is by one reading of the ledgers. */
export interface PlannedApplyState {
  readonly moves: readonly PlanMove[];
  /** Whether all shards have the plan's versions, and no others, when the plan is done. */
  readonly isWhole: boolean;
  /** What is not in the plan, and how far the plan is: a sentence each. */
  readonly notes: readonly string[];
}

/** @throws PgMigError `SETTING_INVALID`: whether hooks run again cannot be told from what was done */
export function refuseForce({ force }: { readonly force?: boolean | undefined }): void {
  if (force === true) {
    throw new PgMigError("A plan in a file goes without the setting `force`.", {
      code: "SETTING_INVALID",
      hint: "Leave it out: before.sql and after.sql run if the plan has anything to run.",
    });
  }
}

/** The directory as it was when the plan was made, as far as it is still there. */
export function plannedDirectory(plan: PlanFile, onDisk: MigrationDirectory): MigrationDirectory {
  const planned = new Set(plan.versions);
  return { ...onDisk, versions: onDisk.versions.filter(({ name }) => planned.has(name)) };
}

/** Whether a node is one of the plan's. */
export function isPlannedNode(plan: PlanFile): (open: OpenNode) => boolean {
  const keys = new Set(plan.nodes.map(nodeKey));
  return ({ identity }) => keys.has(nodeKey(identity));
}

/** An apply that does what a plan has, on its shards and no others. */
export function plannedKind(
  kind: RunKind,
  plan: PlanFile,
  nodes: readonly Pick<OpenNode, "node" | "identity">[],
): RunKind {
  const groups = groupsByNode(plan);
  const checksums = upChecksums(plan);
  const ofNode = new Map(
    nodes.map(({ node, identity }) => [node.name, groups.get(nodeKey(identity))]),
  );
  return {
    ...kind,
    plan(shards): Plan<OpenShard> {
      const chains: Chain<OpenShard>[] = [];
      const violations: Violation<OpenShard>[] = [];
      for (const shard of shards) {
        const group = ofNode.get(shard.node.name)?.get(shard.name);
        if (group !== undefined) {
          const state = judgePlannedLedger(group, shard.ledger.entries, checksums);
          if (state.type === "moved") {
            violations.push(violationOf(shard, state.message));
          } else if (state.done < group.pending.length) {
            chains.push({ shard, pending: group.pending.slice(state.done) });
          }
        }
      }
      return { chains, violations };
    },
    digestAfter: codeDigest(plan.versions.flatMap((name) => parseVersion(name) ?? [])),
  };
}

/** Compares the plan with the nodes as they were read. Pure. */
export function judgePlannedApply(
  { plan, onDisk, strangers, limited }: PlannedApply,
  nodes: readonly OpenNode[],
): PlannedApplyState {
  const compared = comparePlan({
    plan,
    limited,
    nodes: nodes.map((open) => ({
      ...placedNode(open),
      schemas: new Set(open.ledger.shards.map(({ shard }) => shard)),
      shards: open.shards,
    })),
    strangers: strangers.map(placedNode),
  });
  const planned = new Set(plan.versions);
  const later = onDisk.versions.filter(({ name }) => !planned.has(name));
  const versions = plan.versions.flatMap((name) => parseVersion(name) ?? []);
  const others = buildPlan({ versions, shards: compared.unplanned });
  const leftAlone = [...others.chains, ...others.violations].map(({ shard }) => shard);
  const { steps } = plan.statistics;
  const done = compared.doneSteps;
  const progress =
    done === 0
      ? ""
      : done === steps
        ? ", all done already"
        : `, ${formatCount(done)} of them done already`;
  const notes = [
    `The plan of ${plan.madeAt} by ${plan.program}, with ${countOf(steps, "step")}${progress}.`,
    ...leftAloneNote("Nodes", strangers.map(({ node }) => node.label).join(", ")),
    ...leftAloneNote("Versions", later.map(({ name }) => name).join(", ")),
    ...leftAloneNote("Shards", listAll(leftAlone)),
  ];
  const unfit = unfitMoves(onDisk, later.length > 0 ? compared.left : []);
  return {
    moves: [...compared.moves, ...unfit],
    isWhole: !(plan.partial || limited) && leftAlone.length === 0 && compared.ahead.length === 0,
    notes,
  };
}

/**
 * Versions that came after the plan and belong before some of its own: once these are applied, those never
 * can be.
 */
function unfitMoves(
  { versions }: MigrationDirectory,
  left: readonly { readonly shard: OpenShard; readonly pending: readonly string[] }[],
): readonly PlanMove[] {
  const known = new Set(versions.map(({ name }) => name));
  const after = left
    // A version whose file is gone is told as that.
    .filter(({ pending }) => pending.every((version) => known.has(version)))
    .map(({ shard, pending }) => ({ ...shard, versions: [...shard.versions, ...pending] }));
  return buildPlan({ versions, shards: after }).violations.map(({ shard, onDisk, message }) => ({
    ...placeOf(shard),
    message:
      onDisk === undefined
        ? message
        : `${onDisk} came after the plan and belongs before its versions: it could not be applied any more.`,
  }));
}

/**
 * Refuses to carry out a plan if anything is not as the plan has it.
 *
 * @throws PgMigError `PLAN_MOVED` naming all of it
 */
export function refuseMoved(moves: readonly PlanMove[]): void {
  const [first] = moves;
  if (first === undefined) {
    return;
  }
  const groups = new Map<string, PlanMove[]>();
  for (const move of moves) {
    const key = JSON.stringify([move.message, move.node, move.file, move.shard === undefined]);
    groups.set(key, [...(groups.get(key) ?? []), move]);
  }
  throw new PgMigError("The plan does not fit what is now; nothing was changed.", {
    code: "PLAN_MOVED",
    hint: moveHint,
    problems: [...groups.values()].map((group) => {
      const [{ message, node, file } = first] = group;
      const shards = group.flatMap(({ shard = [] }) => shard);
      const place = [node, ...(shards.length === 0 ? [] : [rangesOf(shards)])].join(":");
      return {
        message: node === undefined ? message : `${place}: ${message}`,
        where: { node, file, shard: shards.length === 1 ? shards[0] : undefined },
      };
    }),
  });
}

function placedNode({ node, identity }: OpenNode): PlannedNode & { readonly label: string } {
  const { systemIdentifier, databaseOid } = identity;
  return { label: node.label, address: node.name, systemIdentifier, databaseOid };
}

function violationOf(shard: OpenShard, moved: string): Violation<OpenShard> {
  const { node, shard: name } = placeOf(shard);
  return {
    code: "PLAN_MOVED",
    shard,
    onDisk: undefined,
    inDatabase: undefined,
    message: `${node}:${name} is not as the plan has it. ${moved}`,
    hint: moveHint,
  };
}

function leftAloneNote(what: string, names: string): string[] {
  return names === "" ? [] : [`${what} that are not in the plan are left alone: ${names}.`];
}

/** All of them, by node; nothing is left out as in lists that are only to be looked over. */
function listAll(shards: readonly OpenShard[]): string {
  return groupBy(shards.map(placeOf), ({ node }) => node)
    .map((group) => `${group[0].node}:${rangesOf(group.map(({ shard }) => shard))}`)
    .join("; ");
}

function rangesOf(shards: readonly string[]): string {
  return collapseShards(shards)
    .map(({ text }) => text)
    .join(", ");
}

/** Whether before.sql or after.sql runs by a plan. */
export function holdsHooks({ files }: PlanFile): boolean {
  return files.some(({ file }) => file === "before.sql" || file === "after.sql");
}

/** What of a plan's files, and of the hooks, is not as the plan has it. */
export async function movedFiles(
  plan: PlanFile,
  directory: MigrationDirectory,
  files: MigrationFiles,
): Promise<readonly PlanMove[]> {
  const known = new Set(directory.versions.map(({ name }) => name));
  const versions = [...upChecksums(plan).keys()].filter((version) => known.has(version));
  await files.load(versions);
  return compareFiles(plan, plannedFiles(versions, directory, files));
}

/** The files that an apply of these versions runs, as a plan has them. They are loaded. */
export function plannedFiles(
  versions: readonly string[],
  directory: MigrationDirectory,
  files: MigrationFiles,
): readonly PlannedFile[] {
  const root = resolve(directory.path);
  const of = (file: string, { script, checksum }: CheckedScript): PlannedFile => ({
    file,
    checksum,
    includes: [...script.includes].map(([path, { text }]) => ({
      file: relative(root, path).split(sep).join("/"),
      checksum: checksumOf(Buffer.from(text)),
    })),
  });
  return [
    ...files.hooks.map((hook) => of(hook.file, hook)),
    ...versions.map((version) => of(migrationFileName(version, "up"), files.get(version))),
  ];
}
