import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ComparePlanInput,
  compareFiles,
  comparePlan,
  type NodeNow,
  type ShardNow,
} from "./compare-plan.js";
import { type PlanFile, type PlannedGroup, parsePlanFile, renderPlanFile } from "./plan-file.js";

const versions = ["1.a.sh", "2.b.sh", "3.c.sh", "4.d.sh"];
const checksumOf = (version: string) => `${version}-`.padEnd(64, version);
const entryOf = (version: string) => ({
  version,
  checksum: checksumOf(version).slice(0, 16),
  appliedAt: "2026-01-01T00:00:00Z",
});

/** How many versions each shard has, by node. */
const fleets = fc.array(fc.array(fc.nat({ max: versions.length }), { maxLength: 6 }), {
  minLength: 1,
  maxLength: 4,
});

/** A plan of the fleet, as it is made: with nothing at all, shards are in no group. */
function planOf(fleet: readonly (readonly number[])[]): PlanFile {
  const groups = versions
    .map((_, count) => count)
    .concat(versions.length)
    .map((applied): PlannedGroup => {
      const shards = fleet.map((counts, node) => ({
        node,
        names: counts.flatMap((count, index) => (count === applied ? [`sh${index}`] : [])),
      }));
      return {
        applied: versions.slice(0, applied).map((version) => {
          const { checksum } = entryOf(version);
          return { version, checksum };
        }),
        pending: versions.slice(applied),
        shards: shards.filter(({ names }) => names.length > 0),
      };
    });
  return {
    madeAt: "2026-01-01T00:00:00.000Z",
    program: "pg-mig 3.0.0",
    partial: false,
    versions,
    files: versions.map((version) => ({
      file: `${version}.up.sql`,
      checksum: checksumOf(version),
      includes: [],
    })),
    nodes: fleet.map((_, index) => identityOf(index)),
    groups: groups.filter(({ shards }) => shards.length > 0),
    statistics: { steps: 0, shards: 0, byVersion: [] },
  };
}

function identityOf(index: number) {
  return { address: `n${index}:5432/db`, systemIdentifier: `70${index}`, databaseOid: "5" };
}

function shardOf(name: string, applied: readonly string[]): ShardNow {
  return { name, ledger: { entries: applied.map(entryOf) } };
}

function nodesOf(fleet: readonly (readonly number[])[]): NodeNow<ShardNow>[] {
  return fleet.map((counts, index) => {
    const shards = counts.map((count, at) => shardOf(`sh${at}`, versions.slice(0, count)));
    const schemas = new Set(shards.map(({ name }) => name));
    return { ...identityOf(index), label: `n${index}`, schemas, shards };
  });
}

function compare(
  plan: PlanFile,
  nodes: ComparePlanInput<ShardNow>["nodes"],
  others: Partial<ComparePlanInput<ShardNow>> = {},
) {
  return comparePlan({ plan, nodes, strangers: [], limited: false, ...others });
}

describe("comparePlan", () => {
  it("finds what was planned to be left, if nothing has happened", () => {
    fc.assert(
      fc.property(fleets, (fleet) => {
        const { moves, left, doneSteps, ahead, unplanned } = compare(planOf(fleet), nodesOf(fleet));
        expect({ moves, doneSteps, ahead, unplanned }).toEqual({
          moves: [],
          doneSteps: 0,
          ahead: [],
          unplanned: [],
        });
        const pending = fleet.flat().filter((count) => count < versions.length);
        expect(left.map((chain) => chain.pending)).toEqual(
          pending.map((count) => versions.slice(count)),
        );
      }),
    );
  });

  it("is resumed, wherever it was interrupted: all that is planned is either done or left", () => {
    const interrupted = fleets.chain((fleet) =>
      fc.tuple(
        fc.constant(fleet),
        fc.tuple(
          ...fleet.map((counts) =>
            fc.tuple(...counts.map((count) => fc.integer({ min: count, max: versions.length }))),
          ),
        ),
      ),
    );
    fc.assert(
      fc.property(interrupted, ([fleet, now]) => {
        const { moves, left, doneSteps } = compare(planOf(fleet), nodesOf(now));
        expect(moves).toEqual([]);
        const steps = (counts: readonly (readonly number[])[]) =>
          counts.flat().reduce((sum, count) => sum + versions.length - count, 0);
        expect(left.reduce((sum, { pending }) => sum + pending.length, 0)).toBe(steps(now));
        expect(doneSteps).toBe(steps(fleet) - steps(now));
      }),
    );
  });

  it("names a shard that lost a version, is gone, or got another version or file, and no other", () => {
    const change = fc.constantFrom("undone", "gone", "other version", "other file");
    const fleet = fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(fleet, fc.nat(), fc.nat(), change, (counts, at, of, what) => {
        const nodes = nodesOf(counts);
        const node = nodes[at % nodes.length] as (typeof nodes)[number];
        const hit = node.shards[of % node.shards.length] as ShardNow;
        const { entries } = hit.ledger;
        const last = entries.at(-1) as (typeof entries)[number];
        const changed = {
          undone: entries.slice(0, -1),
          gone: undefined,
          "other version": [...entries.slice(0, -1), entryOf("9.other.sh")],
          "other file": [...entries.slice(0, -1), { ...last, checksum: "f".repeat(16) }],
        }[what];
        const shards = node.shards.flatMap((shard) =>
          shard !== hit ? shard : changed ? { name: hit.name, ledger: { entries: changed } } : [],
        );
        const schemas = new Set(shards.map(({ name }) => name));
        const now = nodes.map((one) => (one === node ? { ...one, shards, schemas } : one));
        const { moves } = compare(planOf(counts), now);
        expect(moves).toHaveLength(1);
        expect(moves[0]).toMatchObject({ node: node.label, shard: hit.name });
      }),
    );
  });

  it("refuses nothing for shards and versions that came later", () => {
    fc.assert(
      fc.property(fleets, (fleet) => {
        const later = entryOf("5.e.sh");
        const now = nodesOf(fleet).map((node) => ({
          ...node,
          schemas: new Set([...node.schemas, "new"]),
          shards: [
            ...node.shards.map((shard) =>
              shard.ledger.entries.length === versions.length
                ? { ...shard, ledger: { entries: [...shard.ledger.entries, later] } }
                : shard,
            ),
            shardOf("new", []),
          ],
        }));
        const { moves, left, ahead, unplanned } = compare(planOf(fleet), now);
        expect(moves).toEqual([]);
        expect(unplanned.map(({ name }) => name)).toEqual(fleet.map(() => "new"));
        expect(left.length + ahead.length).toBe(fleet.flat().length);
      }),
    );
  });

  it("takes what is not chosen for that, if nodes or shards were chosen, but not what is gone", () => {
    const plan = planOf([[0, 0], [0]]);
    const [first] = nodesOf([[0, 0], [0]]) as [NodeNow<ShardNow>];
    const chosen = { ...first, shards: first.shards.slice(0, 1) };
    expect(compare(plan, [chosen], { limited: true }).moves).toEqual([]);
    const dropped = { ...chosen, schemas: new Set(["sh0"]) };
    expect(compare(plan, [dropped], { limited: true }).moves).toEqual([
      { node: "n0", shard: "sh1", message: "It is gone." },
    ]);
    expect(compare(plan, [chosen]).moves).toEqual([
      { node: "n1:5432/db", message: "No host leads to it (system identifier 701)." },
      { node: "n0", shard: "sh1", message: "It is no shard any more." },
    ]);
  });

  it("knows a node by its server and database, not by its address", () => {
    const fleet = [[1], [2]];
    const plan = planOf(fleet);
    const moved = nodesOf(fleet).map((node, index) => ({ ...node, address: `other${index}/db` }));
    expect(compare(plan, moved.toReversed()).moves).toEqual([]);
    const [first, second] = nodesOf(fleet) as [NodeNow<ShardNow>, NodeNow<ShardNow>];
    const other = { ...second, systemIdentifier: "9" };
    for (const limited of [false, true]) {
      const { moves } = compare(plan, [first], { strangers: [other], limited });
      expect(moves).toEqual([
        {
          node: "n1",
          message: "It is another server: its system identifier was 701, and is 9.",
        },
      ]);
    }
    const anew = { ...second, databaseOid: "6" };
    expect(compare(plan, [first], { strangers: [anew] }).moves).toEqual([
      { node: "n1", message: "The database was made anew: its OID was 5, and is 6." },
    ]);
  });
});

describe("compareFiles", () => {
  const included = (checksum: string) => [{ file: "lib/x.sql", checksum }];
  const plan = { files: [{ file: "1.a.sh.up.sql", checksum: "c", includes: included("i") }] };
  const file = plan.files[0] as PlanFile["files"][number];

  it.each<readonly [string, readonly PlanFile["files"][number][], string]>([
    ["is gone", [], "It is gone."],
    ["was edited", [{ ...file, checksum: "d" }], "It was edited."],
    [
      "includes another text",
      [{ ...file, includes: included("j") }],
      "lib/x.sql, which it includes, was edited or is gone.",
    ],
    [
      "includes less",
      [{ ...file, includes: [] }],
      "lib/x.sql, which it includes, was edited or is gone.",
    ],
    [
      "includes more",
      [{ ...file, includes: [...included("i"), ...included("k")] }],
      "It includes lib/x.sql, which it did not.",
    ],
  ])("names a file that %s", (_, files, message) => {
    expect(compareFiles(plan, files)).toEqual([{ file: file.file, message }]);
  });

  it("names a hook that came, and does not mind where included files are", () => {
    const elsewhere = { ...file, includes: [{ file: "../other/y.sql", checksum: "i" }] };
    const hook = { file: "after.sql", checksum: "h", includes: [] };
    expect(compareFiles(plan, [elsewhere])).toEqual([]);
    expect(compareFiles(plan, [file, hook])).toEqual([
      { file: "after.sql", message: "It came after the plan, and would run." },
    ]);
  });
});

describe("the text of a plan", () => {
  it("is read back as it was", () => {
    fc.assert(
      fc.property(fleets, (fleet) => {
        const plan = planOf(fleet);
        expect(parsePlanFile(renderPlanFile(plan), "p")).toEqual(plan);
      }),
    );
  });

  it("is refused, with a code, if anything of it is different", () => {
    const text = renderPlanFile(planOf([[0, 2], [4]]));
    const edits = fc.tuple(fc.nat({ max: text.length }), fc.nat({ max: 3 }), fc.string());
    fc.assert(
      fc.property(edits, ([at, length, by]) => {
        const edited = text.slice(0, at) + by + text.slice(at + length);
        let isSame = false;
        try {
          isSame = JSON.stringify(JSON.parse(edited)) === JSON.stringify(JSON.parse(text));
        } catch {}
        // Blanks between the pieces are not read.
        fc.pre(!isSame);
        expect(() => parsePlanFile(edited, "p")).toThrow(
          expect.objectContaining({ code: "PLAN_FILE_INVALID" }),
        );
      }),
    );
  });

  it("is refused with any other content, even with the right seal", () => {
    const plan = planOf([[0, 2], [4]]);
    const paths = ["versions", "files", "nodes", "groups", "statistics"] as const;
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (key, value) => {
        const changed = { ...plan, [key]: Array.isArray(value) ? [...value, 1] : value };
        const text = renderPlanFile(changed as PlanFile);
        expect(() => parsePlanFile(text, "p")).toThrow(
          expect.objectContaining({ code: "PLAN_FILE_INVALID" }),
        );
      }),
    );
    const lost = { ...plan, nodes: plan.nodes.slice(1) };
    expect(() => parsePlanFile(renderPlanFile(lost), "p")).toThrow("what no release writes");
  });
});
