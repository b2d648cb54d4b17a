import type { MayRunBeside } from "@pg-mig/sql-rules";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChainSchedule, type ScheduledChain, type VersionLimits } from "./chain-schedule.js";

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
      kind: fc.constantFrom("none", "none", "none", "limit", "hold", "let go", "abandon", "stop"),
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
    chainOf: (id: string) => ScheduledChain;
    limitsOf: (version: string) => VersionLimits;
    waiting: (node: string) => readonly { chain: ScheduledChain; version: string }[];
    slotsOf: (node: string) => number;
    isHeld: (node: string) => boolean;
  }) => void,
) {
  const limitsByVersion = new Map(allVersions.map((v, i) => [v, input.limits[i] as VersionLimits]));
  const chains = input.chains.map(
    ({ node, from }, i): ScheduledChain => ({
      id: `c${i}`,
      node: `n${node}`,
      host: `h${node >> 1}`,
      versions: allVersions.slice(from),
    }),
  );
  const schedule = new ChainSchedule(chains, {
    parallelism: input.parallelism,
    limits: limitsByVersion,
  });
  const left = new Map(chains.map((chain) => [chain.id, [...chain.versions]]));
  const paused = new Map<string, number>();
  /** Chains whose versions were replaced on the way. */
  const replaced = new Set<string>();
  const slots = new Map<string, number>();
  const slotsOf = (node: string) => slots.get(node) ?? input.parallelism;
  const heldNodes = new Set<string>();
  const isHeld = (node: string) => heldNodes.has(node);
  const log: { chain: string; version: string; fate: string }[] = [];
  let running: Running[] = [];
  let held: Running[] = [];
  let now = 0;
  const chainOf = (id: string) => chains.find((chain) => chain.id === id) as ScheduledChain;
  const limitsOf = (version: string) => limitsByVersion.get(version) ?? {};
  for (let turn = 0; !schedule.finished; turn++) {
    if (turn > 5000) {
      throw new Error("The schedule does not end.");
    }
    for (let step = schedule.take(now); step !== undefined; step = schedule.take(now)) {
      expect(left.get(step.chain)?.[0]).toBe(step.version);
      expect(isHeld(step.node), `${step.node} is held`).toBe(false);
      const { value } = input.fates.next();
      running.push({ ...step, ...value, endsAt: now + value.ms });
      const onNode = running.filter(({ node }) => node === step.node).length;
      expect(onNode).toBeLessThanOrEqual(slotsOf(step.node));
      expect(schedule.runningOn(step.chain)).toBe(onNode);
    }
    // One comparison a turn: thousands of them take long.
    const isAlone = ({ node }: Running) =>
      slotsOf(node) === 1 && running.filter((step) => step.node === node).length === 1;
    expect({
      running: chains.filter(({ id }) => schedule.isRunning(id)).length,
      alone: running.filter(({ chain }) => schedule.runsAlone(chain)),
    }).toEqual({
      running: running.length,
      alone: running.filter(isAlone),
    });
    const nodeOfTurn = `n${turn % 4}`;
    const chainsLeft = [...left].filter(
      ([id, versions]) => versions.length > 0 && chainOf(id).node === nodeOfTurn,
    ).length;
    const runningThere = running.filter(({ node }) => node === nodeOfTurn).length;
    expect(schedule.leftOn(nodeOfTurn)).toBe(
      chainsLeft > runningThere ? "waiting" : chainsLeft > 0 ? "running" : "nothing",
    );
    held = held.filter(({ endsAt }) => endsAt > now);
    check({
      running,
      held,
      chainOf,
      limitsOf,
      slotsOf,
      isHeld,
      waiting: (node) =>
        [...left].flatMap(([id, [version]]) => {
          const chain = chainOf(id);
          const free =
            chain.node === node &&
            version !== undefined &&
            (paused.get(id) ?? 0) <= now &&
            !running.some((step) => step.chain === id) &&
            !held.some((step) => step.chain === id);
          return free ? [{ chain, version }] : [];
        }),
    });
    const next = Math.min(
      schedule.nextTimerMs() ?? Number.POSITIVE_INFINITY,
      ...running.map(({ endsAt }) => endsAt),
    );
    if (next === Number.POSITIVE_INFINITY) {
      expect([...heldNodes], "nothing runs or waits for a time, and chains are left").not.toEqual(
        [],
      );
      for (const node of heldNodes) {
        schedule.hold(node, false);
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
    const node = `n${incident.node}`;
    if (incident.kind === "limit") {
      slots.set(node, Math.max(1, Math.min(slotsOf(node), incident.slots)));
      expect(schedule.limitSlots(node, incident.slots)).toBe(slotsOf(node));
    } else if (incident.kind === "hold" || incident.kind === "let go") {
      const held = incident.kind === "hold";
      schedule.hold(node, held);
      heldNodes[held ? "add" : "delete"](node);
    } else if (incident.kind === "abandon" || (incident.kind === "stop" && turn > 20)) {
      const given = incident.kind === "abandon" ? node : undefined;
      const idle = [...left].filter(
        ([id, versions]) =>
          versions.length > 0 &&
          !running.some((step) => step.chain === id) &&
          (given === undefined || chainOf(id).node === given),
      );
      expect(schedule.abandon(given)).toEqual(
        idle.map(([chain, notAttempted]) => ({ chain, notAttempted })),
      );
      for (const [id] of idle) {
        left.delete(id);
      }
    }
  }
  return { log, chains, left, replaced };
}

interface Running {
  readonly chain: string;
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
        simulate(input, ({ running, held, chainOf, limitsOf, waiting, slotsOf, isHeld }) => {
          const busy = [...running, ...held];
          const mayRunBeside = (version: string) =>
            limitsOf(version).mayRunBeside ?? "transactions";
          const suits = (node: string, versions: readonly string[]) => {
            const beside = running.filter((step) => step.node === node);
            const all = [...beside.map(({ version }) => version), ...versions].map(mayRunBeside);
            return new Set(all).size <= 1 && (all[0] !== "nothing" || all.length === 1);
          };
          const fits = (version: string, chain: ScheduledChain, extra: number) => {
            const { perHost, global, delayMs, runAlone } = limitsOf(version);
            const same = busy.filter((step) => step.version === version);
            const onHost = same.filter((step) => chainOf(step.chain).host === chain.host);
            const onNode = same.filter((step) => step.node === chain.node);
            return (
              onHost.length + extra <= (perHost ?? Number.POSITIVE_INFINITY) &&
              same.length + extra <= (global ?? Number.POSITIVE_INFINITY) &&
              ((delayMs ?? 0) === 0 || onNode.length + extra <= input.parallelism) &&
              (runAlone !== true || busy.length + extra <= 1)
            );
          };
          for (const step of busy) {
            expect(fits(step.version, chainOf(step.chain), 0), `${step.version} fits`).toBe(true);
          }
          for (const { node } of running) {
            expect(suits(node, []), node).toBe(true);
          }
          const alone = busy.some((step) => limitsOf(step.version).runAlone === true);
          for (const node of ["n0", "n1", "n2", "n3"]) {
            const free = slotsOf(node) - running.filter((step) => step.node === node).length;
            if (free <= 0 || alone || isHeld(node)) {
              continue;
            }
            for (const { chain, version } of waiting(node)) {
              const could = fits(version, chain, 1) && suits(node, [version]);
              expect(could, `${chain.id} could run ${version}`).toBe(false);
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
        for (const chain of chains.filter(({ id }) => !replaced.has(id))) {
          const done = log.filter((step) => step.chain === chain.id && step.fate === "done");
          const versions = done.map((step) => step.version);
          expect(versions).toEqual(chain.versions.slice(0, versions.length));
          if (left.has(chain.id)) {
            expect(versions).toEqual(chain.versions);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("goes on with a chain that has begun before it starts another", () => {
    const schedule = new ChainSchedule(
      ["a", "b"].map((id) => ({ id, node: "n", host: "h", versions: ["v1", "v2"] })),
      { parallelism: 1, limits: new Map() },
    );
    const order = [];
    for (let step = schedule.take(0); step !== undefined; step = schedule.take(0)) {
      order.push(`${step.chain} ${step.version}`);
      schedule.done(step.chain, 0);
    }
    expect(order).toEqual(["a v1", "a v2", "b v1", "b v2"]);
  });

  it("lets concurrent builds of a node begin together, when no transaction can start there", () => {
    const chain = (id: string, node: string, versions: string[]) => ({
      id,
      node,
      host: node,
      versions,
    });
    const schedule = new ChainSchedule(
      [
        chain("a", "n", ["build", "later"]),
        chain("b", "n", ["earlier", "build"]),
        chain("c", "n", ["partial"]),
        chain("d", "other", ["later"]),
      ],
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
        steps.push(`${step.chain} ${step.version}`);
      }
      return steps;
    };
    expect(start()).toEqual(["b earlier", "d later"]);
    schedule.done("b", 0);
    expect(start()).toEqual(["b build", "a build"]);
    schedule.done("a", 0);
    expect(start()).toEqual([]);
    schedule.done("b", 0);
    expect(start()).toEqual(["a later"]);
    schedule.done("a", 0);
    expect(start()).toEqual(["c partial"]);
  });

  it("leaves running chains alone when the rest is abandoned", () => {
    const schedule = new ChainSchedule(
      ["a", "b"].map((id) => ({ id, node: "n", host: "h", versions: ["v1", "v2"] })),
      { parallelism: 1, limits: new Map() },
    );
    expect(schedule.take(0)?.chain).toBe("a");
    expect(schedule.abandon()).toEqual([{ chain: "b", notAttempted: ["v1", "v2"] }]);
    expect(schedule.finished).toBe(false);
    expect(schedule.fail("a")).toEqual(["v2"]);
    expect(schedule.finished).toBe(true);
  });

  it("has a time to wait for only where something is put off, and turns to what came first", () => {
    const schedule = new ChainSchedule(
      ["a", "b", "c"].map((id) => ({ id, node: "n", host: "h", versions: ["v1", "v2"] })),
      { parallelism: 3, limits: new Map([["v1", { delayMs: 0 }]]) },
    );
    const start = (nowMs: number) => {
      const started = [];
      for (let step = schedule.take(nowMs); step !== undefined; step = schedule.take(nowMs)) {
        started.push(`${step.chain} ${step.version}`);
      }
      return started;
    };
    expect(start(0)).toEqual(["a v1", "b v1", "c v1"]);
    schedule.done("a", 0);
    expect(schedule.nextTimerMs()).toBeUndefined();
    schedule.requeue("b", { notBeforeMs: 10 });
    schedule.requeue("c", { notBeforeMs: 10 });
    expect(schedule.nextTimerMs()).toBe(10);
    expect(start(9)).toEqual(["a v2"]);
    expect(start(10)).toEqual(["b v1", "c v1"]);
  });

  it("refuses to end a step that does not run, and to judge a chain that it does not have", () => {
    const schedule = new ChainSchedule(
      ["a", "b"].map((id) => ({ id, node: "n", host: "h", versions: ["v1"] })),
      { parallelism: 1, limits: new Map() },
    );
    expect(schedule.take(0)?.chain).toBe("a");
    for (const chain of ["b", "c"]) {
      const notRunning = `The chain "${chain}" is not running.`;
      expect(() => schedule.done(chain, 0)).toThrow(notRunning);
      expect(() => schedule.fail(chain)).toThrow(notRunning);
      expect(() => schedule.requeue(chain, { notBeforeMs: 0 })).toThrow(notRunning);
    }
    expect(() => schedule.runsAlone("c")).toThrow('There is no chain "c".');
    expect(schedule.runningOn("b")).toBe(1);
  });
});
