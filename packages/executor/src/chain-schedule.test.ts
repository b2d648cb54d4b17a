import { isDeepStrictEqual } from "node:util";
import type { MayRunBeside } from "@pg-mig/sql-rules";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChainSchedule } from "./chain-schedule.js";
import type { VersionLimits } from "./limit-places.js";
import type { ScheduledChain } from "./scheduled-chain.js";

interface NamedChain extends ScheduledChain {
  readonly id: string;
}

function chainOn(node: string, id: string, pending: string[], host = "h"): NamedChain {
  return { id, shard: { node: { name: node, host } }, pending };
}

const allVersions = ["v1", "v2", "v3", "v4"];

const limits = fc.record(
  {
    perHost: fc.integer({ min: 1, max: 3 }),
    global: fc.integer({ min: 1, max: 4 }),
    delayMs: fc.integer({ min: 0, max: 30 }),
    runAlone: fc.boolean(),
    mayRunBeside: fc.constantFrom<MayRunBeside[]>("transactions", "builds", "nothing"),
  },
  { requiredKeys: [] },
);

const plan = fc.record({
  parallelism: fc.integer({ min: 1, max: 4 }),
  limits: fc.array(limits, { minLength: 4, maxLength: 4 }),
  chains: fc.array(
    fc.record({
      node: fc.integer({ min: 0, max: 3 }),
      from: fc.integer({ min: 0, max: 3 }),
    }),
    { minLength: 1, maxLength: 25 },
  ),
  /** What becomes of the steps, in the order in which they end, and how long they take. */
  fates: fc.infiniteStream(
    fc.record({
      ms: fc.integer({ min: 0, max: 40 }),
      fate: fc.constantFrom("done", "done", "done", "done", "fail", "requeue", "reread"),
      /** What a ledger that was read again leaves to do. */
      reread: fc.integer({ min: 0, max: 4 }),
    }),
  ),
  /** What else happens, once a turn: nodes have no room, are held for a while, or are given up. */
  incidents: fc.infiniteStream(
    fc.record({
      kind: fc.constantFrom(
        ...(["none", "none", "none", "limit", "want", "want all", "hold", "let go"] as const),
        ...(["abandon", "stop"] as const),
      ),
      node: fc.integer({ min: 0, max: 3 }),
      slots: fc.integer({ min: -1, max: 4 }),
    }),
  ),
});

/** Runs a plan on a virtual clock, and calls `check` whenever no more step may start. */
function simulate(
  input: typeof plan extends fc.Arbitrary<infer T> ? T : never,
  check: (state: {
    running: readonly Running[];
    held: readonly Running[];
    limitsOf: (version: string) => VersionLimits;
    waiting: (node: string) => readonly { chain: NamedChain; version: string }[];
    usedSlotsOf: (node: string) => number;
    isHeld: (node: string) => boolean;
  }) => void,
) {
  const limitsByVersion = new Map(allVersions.map((v, i) => [v, input.limits[i] as VersionLimits]));
  const chains = input.chains.map(({ node, from }, i) =>
    chainOn(`n${node}`, `c${i}`, allVersions.slice(from), `h${node >> 1}`),
  );
  const schedule = new ChainSchedule(chains, {
    parallelism: input.parallelism,
    limits: limitsByVersion,
  });
  const left = new Map(chains.map((chain) => [chain, [...chain.pending]]));
  const paused = new Map<NamedChain, number>();
  /** Chains whose versions were replaced on the way. */
  const replaced = new Set<NamedChain>();
  const slots = new Map<string, number>();
  const slotsOf = (node: string) => slots.get(node) ?? input.parallelism;
  const wanted = new Map<string, number>();
  const usedSlotsOf = (node: string) =>
    Math.min(slotsOf(node), wanted.get(node) ?? input.parallelism);
  const heldNodes = new Set<string>();
  const isHeld = (node: string) => heldNodes.has(node);
  const log: { chain: NamedChain; version: string; fate: string }[] = [];
  let running: Running[] = [];
  let held: Running[] = [];
  let now = 0;
  const limitsOf = (version: string) => limitsByVersion.get(version) ?? {};
  for (let turn = 0; !schedule.finished; turn++) {
    if (turn > 5000) {
      throw new Error("The schedule does not end.");
    }
    for (let step = schedule.take(now); step !== undefined; step = schedule.take(now)) {
      expectSame(left.get(step.chain)?.[0], step.version);
      expectSame(isHeld(step.node), false, `${step.node} is held`);
      const { value } = input.fates.next();
      running.push({ ...step, ...value, endsAt: now + value.ms });
      const onNode = running.filter(({ node }) => node === step.node).length;
      expectSame(onNode <= usedSlotsOf(step.node), true, `${onNode} on ${step.node}`);
      expectSame(schedule.runningOn(step.chain), onNode);
    }
    const isAlone = ({ node }: Running) =>
      slotsOf(node) === 1 && running.filter((step) => step.node === node).length === 1;
    held = held.filter(({ endsAt }) => endsAt > now);
    const waiting = (node: string) =>
      [...left].flatMap(([chain, [version]]) => {
        const free =
          chain.shard.node.name === node &&
          version !== undefined &&
          (paused.get(chain) ?? 0) <= now &&
          !running.some((step) => step.chain === chain) &&
          !held.some((step) => step.chain === chain);
        return free ? [{ chain, version }] : [];
      });
    const node = `n${turn % 4}`;
    const chainsLeft = [...left].filter(
      ([{ shard }, versions]) => versions.length > 0 && shard.node.name === node,
    ).length;
    const runningThere = running.filter((step) => step.node === node).length;
    const isFull = !isHeld(node) && runningThere >= usedSlotsOf(node) && waiting(node).length > 0;
    expectSame(
      {
        running: chains.filter((chain) => schedule.isRunning(chain)).length,
        alone: running.filter(({ chain }) => schedule.runsAlone(chain)),
        left: schedule.leftOn(node),
        isFinished: schedule.isFinished(node),
        standsStill: schedule.standsStill(node),
        isFull: schedule.isFull(node),
      },
      {
        running: running.length,
        alone: running.filter(isAlone),
        left: chainsLeft > runningThere ? "waiting" : chainsLeft > 0 ? "running" : "nothing",
        isFinished: chainsLeft === 0,
        standsStill: runningThere === 0 && (isHeld(node) || waiting(node).length === 0),
        isFull,
      },
    );
    check({ running, held, limitsOf, usedSlotsOf, isHeld, waiting });
    const next = Math.min(
      schedule.nextTimerMs() ?? Number.POSITIVE_INFINITY,
      ...running.map(({ endsAt }) => endsAt),
    );
    if (next === Number.POSITIVE_INFINITY) {
      const unused = [...wanted].filter(([, slots]) => slots === 0).map(([node]) => node);
      expect(
        [...heldNodes, ...unused],
        "nothing runs or waits for a time, and chains are left",
      ).not.toEqual([]);
      for (const node of heldNodes) {
        schedule.hold(node, false);
      }
      for (const node of unused) {
        schedule.wantSlots(node, input.parallelism);
        wanted.delete(node);
      }
      heldNodes.clear();
      continue;
    }
    now = Math.max(now, next);
    for (const step of running.filter(({ endsAt }) => endsAt <= now)) {
      running = running.filter((other) => other !== step);
      log.push(step);
      if (step.fate === "requeue" || step.fate === "reread") {
        const notBeforeMs = now + step.ms;
        paused.set(step.chain, notBeforeMs);
        if (step.fate === "requeue") {
          schedule.requeue(step.chain, { notBeforeMs });
        } else {
          const versions = allVersions.slice(step.reread);
          schedule.requeue(step.chain, { notBeforeMs, versions });
          left.set(step.chain, versions);
          replaced.add(step.chain);
        }
      } else if (step.fate === "fail") {
        expect(schedule.fail(step.chain)).toEqual(left.get(step.chain)?.slice(1));
        left.delete(step.chain);
      } else {
        schedule.done(step.chain, now);
        left.get(step.chain)?.shift();
        const delayMs = limitsOf(step.version).delayMs ?? 0;
        if (delayMs > 0) {
          held.push({ ...step, endsAt: now + delayMs });
        }
      }
    }
    const { value: incident } = input.incidents.next();
    const struck = `n${incident.node}`;
    if (incident.kind === "limit") {
      slots.set(struck, Math.max(1, Math.min(slotsOf(struck), incident.slots)));
      expect(schedule.limitSlots(struck, incident.slots)).toBe(slotsOf(struck));
    } else if (incident.kind === "want" || incident.kind === "want all") {
      wanted.set(
        struck,
        incident.kind === "want" ? Math.max(0, incident.slots) : input.parallelism,
      );
      schedule.wantSlots(struck, wanted.get(struck) ?? 0);
    } else if (incident.kind === "hold" || incident.kind === "let go") {
      const held = incident.kind === "hold";
      schedule.hold(struck, held);
      heldNodes[held ? "add" : "delete"](struck);
    } else if (incident.kind === "abandon" || (incident.kind === "stop" && turn > 20)) {
      const given = incident.kind === "abandon" ? struck : undefined;
      const idle = [...left].filter(
        ([chain, versions]) =>
          versions.length > 0 &&
          !running.some((step) => step.chain === chain) &&
          (given === undefined || chain.shard.node.name === given),
      );
      const byId = (a: { chain: NamedChain }, b: { chain: NamedChain }) =>
        a.chain.id < b.chain.id ? -1 : 1;
      expect(schedule.abandon(given).sort(byId)).toEqual(
        idle.map(([chain, notAttempted]) => ({ chain, notAttempted })).sort(byId),
      );
      for (const [chain] of idle) {
        left.delete(chain);
      }
    }
  }
  return { log, chains, left, replaced };
}

/** As `toEqual`, which takes too long to be asked thousands of times. */
function expectSame<T>(actual: T, wanted: T, message?: string): void {
  if (!isDeepStrictEqual(actual, wanted)) {
    expect(actual, message).toEqual(wanted);
  }
}

interface Running {
  readonly chain: NamedChain;
  readonly node: string;
  readonly version: string;
  readonly endsAt: number;
  readonly ms: number;
  readonly fate: string;
  readonly reread: number;
}

describe("ChainSchedule", () => {
  it("keeps all limits at every moment, counting delays, and never idles a slot that could run", () => {
    fc.assert(
      fc.property(plan, (input) => {
        simulate(input, ({ running, held, limitsOf, waiting, usedSlotsOf, isHeld }) => {
          const busy = [...running, ...held];
          const mayRunBeside = (version: string) =>
            limitsOf(version).mayRunBeside ?? "transactions";
          const suits = (node: string, versions: readonly string[]) => {
            const beside = running.filter((step) => step.node === node);
            const all = [...beside.map(({ version }) => version), ...versions].map(mayRunBeside);
            return new Set(all).size <= 1 && (all[0] !== "nothing" || all.length === 1);
          };
          const fits = (version: string, { shard }: NamedChain, extra: number) => {
            const { perHost, global, delayMs, runAlone } = limitsOf(version);
            const same = busy.filter((step) => step.version === version);
            const onHost = same.filter(({ chain }) => chain.shard.node.host === shard.node.host);
            const onNode = same.filter((step) => step.node === shard.node.name);
            return (
              onHost.length + extra <= (perHost ?? Number.POSITIVE_INFINITY) &&
              same.length + extra <= (global ?? Number.POSITIVE_INFINITY) &&
              ((delayMs ?? 0) === 0 || onNode.length + extra <= input.parallelism) &&
              (runAlone !== true || busy.length + extra <= 1)
            );
          };
          for (const step of busy) {
            expectSame(fits(step.version, step.chain, 0), true, `${step.version} fits`);
          }
          for (const { node } of running) {
            expectSame(suits(node, []), true, node);
          }
          const alone = busy.some((step) => limitsOf(step.version).runAlone === true);
          for (const node of ["n0", "n1", "n2", "n3"]) {
            const free = usedSlotsOf(node) - running.filter((step) => step.node === node).length;
            if (free <= 0 || alone || isHeld(node)) {
              continue;
            }
            for (const { chain, version } of waiting(node)) {
              const could = fits(version, chain, 1) && suits(node, [version]);
              expectSame(could, false, `${chain.id} could run ${version}`);
            }
          }
        });
      }),
      { numRuns: 500 },
    );
  });

  it("ends every chain, its versions in order and each done at most once", () => {
    fc.assert(
      fc.property(plan, (input) => {
        const { log, chains, left, replaced } = simulate(input, () => {});
        for (const chain of chains.filter((one) => !replaced.has(one))) {
          const done = log.filter((step) => step.chain === chain && step.fate === "done");
          const versions = done.map((step) => step.version);
          expect(versions).toEqual(chain.pending.slice(0, versions.length));
          if (left.has(chain)) {
            expect(versions).toEqual(chain.pending);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("goes on with a chain that has begun before it starts another", () => {
    const schedule = new ChainSchedule(
      ["a", "b"].map((id) => chainOn("n", id, ["v1", "v2"])),
      { parallelism: 1, limits: new Map() },
    );
    const order = [];
    for (let step = schedule.take(0); step !== undefined; step = schedule.take(0)) {
      order.push(`${step.chain.id} ${step.version}`);
      schedule.done(step.chain, 0);
    }
    expect(order).toEqual(["a v1", "a v2", "b v1", "b v2"]);
  });

  it("lets concurrent builds of a node begin together, when no transaction can start there", () => {
    const a = chainOn("n", "a", ["build", "later"]);
    const b = chainOn("n", "b", ["earlier", "build"]);
    const schedule = new ChainSchedule(
      [a, b, chainOn("n", "c", ["partial"]), chainOn("other", "d", ["later"])],
      {
        parallelism: 10,
        limits: new Map([
          ["build", { mayRunBeside: "builds" }],
          ["partial", { mayRunBeside: "nothing" }],
        ]),
      },
    );
    const start = () => {
      const steps = [];
      for (let step = schedule.take(0); step !== undefined; step = schedule.take(0)) {
        steps.push(`${step.chain.id} ${step.version}`);
      }
      return steps;
    };
    expect(start()).toEqual(["b earlier", "d later"]);
    schedule.done(b, 0);
    expect(start()).toEqual(["b build", "a build"]);
    schedule.done(a, 0);
    expect(start()).toEqual([]);
    schedule.done(b, 0);
    expect(start()).toEqual(["a later"]);
    schedule.done(a, 0);
    expect(start()).toEqual(["c partial"]);
  });

  it("leaves running chains alone when the rest is abandoned", () => {
    const [a, b] = [chainOn("n", "a", ["v1", "v2"]), chainOn("n", "b", ["v1", "v2"])];
    const schedule = new ChainSchedule([a, b], { parallelism: 1, limits: new Map() });
    expect(schedule.take(0)?.chain).toBe(a);
    expect(schedule.abandon()).toEqual([{ chain: b, notAttempted: ["v1", "v2"] }]);
    expect(schedule.finished).toBe(false);
    expect(schedule.fail(a)).toEqual(["v2"]);
    expect(schedule.finished).toBe(true);
  });

  it("has a time to wait for only where something is put off, and turns to what came first", () => {
    const a = chainOn("n", "a", ["v1", "v2"]);
    const b = chainOn("n", "b", ["v1", "v2"]);
    const c = chainOn("n", "c", ["v1", "v2"]);
    const schedule = new ChainSchedule([a, b, c], {
      parallelism: 3,
      limits: new Map([["v1", { delayMs: 0 }]]),
    });
    const start = (nowMs: number) => {
      const started = [];
      for (let step = schedule.take(nowMs); step !== undefined; step = schedule.take(nowMs)) {
        started.push(`${step.chain.id} ${step.version}`);
      }
      return started;
    };
    expect(start(0)).toEqual(["a v1", "b v1", "c v1"]);
    schedule.done(a, 0);
    expect(schedule.nextTimerMs()).toBeUndefined();
    schedule.requeue(b, { notBeforeMs: 10 });
    schedule.requeue(c, { notBeforeMs: 10 });
    expect(schedule.nextTimerMs()).toBe(10);
    expect(start(9)).toEqual(["a v2"]);
    expect(start(10)).toEqual(["b v1", "c v1"]);
    schedule.requeue(b, { notBeforeMs: 20, versions: [] });
    expect(schedule.nextTimerMs()).toBeUndefined();
  });

  it("refuses to end a step that does not run", () => {
    const [a, b] = [chainOn("n", "a", ["v1"]), chainOn("n", "b", ["v1"])];
    const schedule = new ChainSchedule([a, b], { parallelism: 1, limits: new Map() });
    expect(schedule.take(0)?.chain).toBe(a);
    for (const chain of [b, chainOn("n", "c", ["v1"])]) {
      const notRunning = "No version of this chain is running.";
      expect(() => schedule.done(chain, 0)).toThrow(notRunning);
      expect(() => schedule.fail(chain)).toThrow(notRunning);
      expect(() => schedule.requeue(chain, { notBeforeMs: 0 })).toThrow(notRunning);
    }
    expect(schedule.runningOn(b)).toBe(1);
  });
});
