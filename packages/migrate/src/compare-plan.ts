import type { LedgerEntry } from "@pg-mig/ledger";
import { migrationFileName } from "@pg-mig/migrations";
import type { PlanFile, PlannedFile, PlannedGroup, PlannedNode } from "./plan-file.js";

/** A node as it is now, as far as a plan is compared with it. */
export interface NodeNow<S> extends PlannedNode {
  readonly label: string;
  /** All schemas, chosen or not. */
  readonly schemas: ReadonlySet<string>;
  /** The chosen ones. */
  readonly shards: readonly S[];
}

/** A shard as it is now. */
export interface ShardNow {
  readonly name: string;
  readonly ledger: { readonly entries: readonly LedgerEntry[] };
}

export interface ComparePlanInput<S extends ShardNow> {
  readonly plan: PlanFile;
  /** The nodes of the plan that were found, and no others. */
  readonly nodes: readonly NodeNow<S>[];
  /** Other nodes that the hosts lead to. */
  readonly strangers: readonly (PlannedNode & { readonly label: string })[];
  /** Whether nodes or shards were chosen, so that what is not there may just not be chosen. */
  readonly limited: boolean;
}

/** Something that is not as the plan has it: one sentence, without the place. */
export interface PlanMove {
  readonly message: string;
  /** The label of the node, or its address if it was not found. */
  readonly node?: string;
  readonly shard?: string;
  readonly file?: string;
}

export interface PlanComparison<S> {
  /** While there is one, nothing may be run. */
  readonly moves: readonly PlanMove[];
  /** What is left to do of the plan. */
  readonly left: readonly { readonly shard: S; readonly pending: readonly string[] }[];
  /** How many steps of the plan are done, of the shards that were looked at. */
  readonly doneSteps: number;
  /** Shards that have, after the plan's versions, others. */
  readonly ahead: readonly S[];
  /** Shards that the plan does not have. */
  readonly unplanned: readonly S[];
}

/**
 * Compares the nodes and ledgers of a plan with those of now. A ledger that is ahead by the plan's own
 * versions is no move: there the plan is resumed. Pure.
 */
export function comparePlan<S extends ShardNow>(input: ComparePlanInput<S>): PlanComparison<S> {
  const { plan, nodes, limited } = input;
  const moves: PlanMove[] = [...missingNodes(input)];
  const left: { shard: S; pending: readonly string[] }[] = [];
  const ahead: S[] = [];
  const unplanned: S[] = [];
  let doneSteps = 0;
  const groupsOf = groupsByNode(plan);
  const checksums = upChecksums(plan);
  for (const { label: node, schemas, shards, ...identity } of nodes) {
    const planned = groupsOf.get(nodeKey(identity)) ?? new Map<string, PlannedGroup>();
    const found = new Set(shards.map(({ name }) => name));
    for (const shard of planned.keys()) {
      if (!(found.has(shard) || (limited && schemas.has(shard)))) {
        const message = schemas.has(shard) ? "It is no shard any more." : "It is gone.";
        moves.push({ node, shard, message });
      }
    }
    for (const shard of shards) {
      const group = planned.get(shard.name);
      if (group === undefined) {
        unplanned.push(shard);
        continue;
      }
      const state = judgePlannedLedger(group, shard.ledger.entries, checksums);
      if (state.type === "moved") {
        moves.push({ node, shard: shard.name, message: state.message });
        continue;
      }
      doneSteps += state.done;
      if (state.done < group.pending.length) {
        left.push({ shard, pending: group.pending.slice(state.done) });
      } else if (state.isAhead) {
        ahead.push(shard);
      }
    }
  }
  return { moves, left, doneSteps, ahead, unplanned };
}

/** How far the ledger of a planned shard is. */
export type PlannedLedgerState =
  /** So many of the pending versions are done; ahead: others came after all of them. */
  | { readonly type: "on-its-way"; readonly done: number; readonly isAhead: boolean }
  | { readonly type: "moved"; readonly message: string };

/** Compares a ledger with what the plan has of it. Pure. */
export function judgePlannedLedger(
  { applied, pending }: Pick<PlannedGroup, "applied" | "pending">,
  entries: readonly LedgerEntry[],
  checksums: ReadonlyMap<string, string>,
): PlannedLedgerState {
  const expected = [
    ...applied,
    ...pending.map((version) => ({ version, checksum: checksums.get(version) })),
  ];
  for (const [index, { version, checksum }] of expected.entries()) {
    const entry = entries[index];
    const isPlanned = index >= applied.length;
    if (entry === undefined) {
      return isPlanned
        ? { type: "on-its-way", done: index - applied.length, isAhead: false }
        : moved(`It had ${version}, which was undone.`);
    }
    if (entry.version !== version) {
      return moved(
        isPlanned
          ? `It has ${entry.version}, where the plan has ${version}.`
          : `It has ${entry.version}, where it had ${version}.`,
      );
    }
    // A ledger keeps the beginning of a checksum.
    if (entry.checksum !== undefined && checksum?.startsWith(entry.checksum) === false) {
      return moved(
        isPlanned
          ? `It has ${version} by another file than the plan's.`
          : `It has ${version} by another file than it had.`,
      );
    }
  }
  const isAhead = entries.length > expected.length;
  return { type: "on-its-way", done: pending.length, isAhead };
}

function moved(message: string): PlannedLedgerState {
  return { type: "moved", message };
}

/** What makes two nodes one database. */
export function nodeKey({
  systemIdentifier,
  databaseOid,
}: Pick<PlannedNode, "systemIdentifier" | "databaseOid">): string {
  return `${systemIdentifier} ${databaseOid}`;
}

/** The groups of a plan, by `nodeKey`, then by the name of the shard. */
export function groupsByNode(
  plan: PlanFile,
): ReadonlyMap<string, ReadonlyMap<string, PlannedGroup>> {
  const byIndex = plan.nodes.map(() => new Map<string, PlannedGroup>());
  for (const group of plan.groups) {
    for (const { node, names } of group.shards) {
      for (const name of names) {
        byIndex[node]?.set(name, group);
      }
    }
  }
  return new Map(plan.nodes.map((node, index) => [nodeKey(node), byIndex[index] ?? new Map()]));
}

/** The checksums of the files of pending versions, by version. */
export function upChecksums({ files, groups }: PlanFile): ReadonlyMap<string, string> {
  const byFile = new Map(files.map(({ file, checksum }) => [file, checksum]));
  const versions = new Set(groups.flatMap(({ pending }) => pending));
  return new Map(
    [...versions].map((version) => [version, byFile.get(migrationFileName(version, "up")) ?? ""]),
  );
}

function missingNodes<S extends ShardNow>({
  plan,
  nodes,
  strangers,
  limited,
}: ComparePlanInput<S>): readonly PlanMove[] {
  const found = new Set(nodes.map(nodeKey));
  return plan.nodes
    .filter((node) => !found.has(nodeKey(node)))
    .flatMap(({ address, systemIdentifier, databaseOid }): PlanMove[] => {
      const there = strangers.find((stranger) => stranger.address === address);
      if (there === undefined) {
        const message = `No host leads to it (system identifier ${systemIdentifier}).`;
        return limited ? [] : [{ node: address, message }];
      }
      const message =
        there.systemIdentifier === systemIdentifier
          ? `The database was made anew: its OID was ${databaseOid}, and is ${there.databaseOid}.`
          : `It is another server: its system identifier was ${systemIdentifier}, and is ${there.systemIdentifier}.`;
      return [{ node: there.label, message }];
    });
}

/**
 * Compares the files of a plan with those on disk. Pure.
 *
 * @param files Those of the plan, and the hooks; what is not on disk is missing.
 */
export function compareFiles(
  plan: Pick<PlanFile, "files">,
  files: readonly PlannedFile[],
): readonly PlanMove[] {
  const now = new Map(files.map((one) => [one.file, one]));
  const planned = new Set(plan.files.map(({ file }) => file));
  return [
    ...plan.files.flatMap((one) => fileMove(one, now.get(one.file))),
    ...files
      .filter(({ file }) => !planned.has(file))
      .map(({ file }) => ({ file, message: "It came after the plan, and would run." })),
  ];
}

function fileMove(
  { file, checksum, includes }: PlannedFile,
  now: PlannedFile | undefined,
): PlanMove[] {
  if (now === undefined) {
    return [{ file, message: "It is gone." }];
  }
  if (now.checksum !== checksum) {
    return [{ file, message: "It was edited." }];
  }
  // Where an included file is may differ from machine to machine: what it says may not.
  const changed = includes.find((one, index) => now.includes[index]?.checksum !== one.checksum);
  if (changed !== undefined) {
    return [{ file, message: `${changed.file}, which it includes, was edited or is gone.` }];
  }
  const added = now.includes[includes.length];
  return added === undefined
    ? []
    : [{ file, message: `It includes ${added.file}, which it did not.` }];
}
