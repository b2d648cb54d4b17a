import fc from "fast-check";
import { expect, it } from "vitest";
import { ChainSchedule } from "./chain-schedule.js";
import { NodeSlots } from "./node-slots.js";
import type { ScheduledChain } from "./scheduled-chain.js";

const still = { now: () => 0, busyMs: () => 0 };

function chainOn(node: string, pending: readonly string[]): ScheduledChain {
  return { shard: { node: { name: node, host: "host" } }, pending };
}

function nodesOf(chains: readonly ScheduledChain[]) {
  return chains.map(({ shard }) => shard.node);
}

const fleet = fc.record({
  parallelism: fc.integer({ min: 1, max: 5 }),
  maxSessions: fc.integer({ min: 1, max: 12 }),
  /** The versions of the chains of each node. */
  nodes: fc.array(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 8 }), {
    minLength: 1,
    maxLength: 9,
  }),
  /** Which of the steps that run ends next, how long it took, and whether it failed. */
  ends: fc.infiniteStream(
    fc.record({
      pick: fc.nat(),
      ms: fc.integer({ min: 1, max: 120 }),
      failed: fc.boolean(),
    }),
  ),
});

it("never has more sessions open than may be, and every chain comes to its end", () => {
  fc.assert(
    fc.property(fleet, ({ parallelism, maxSessions, nodes, ends }) => {
      const chains = nodes.flatMap((sizes, node) =>
        sizes.map((size) => chainOn(`node ${node}`, ["a", "b", "c"].slice(0, size))),
      );
      const schedule = new ChainSchedule(chains, { parallelism, limits: new Map() });
      /** The sessions of each node, as a pool keeps them: those in use, and idle ones. */
      const open = new Map<string, { busy: number; idle: number }>();
      const of = (node: string) => open.get(node) ?? { busy: 0, idle: 0 };
      let nowMs = 0;
      const slots = new NodeSlots(schedule, nodesOf(chains), {
        parallelism,
        maxSessions,
        now: () => nowMs,
        busyMs: () => 0,
        onSpare: (node) => open.set(node, { ...of(node), idle: 0 }),
        onLimit: () => {},
      });
      const running: { readonly chain: ScheduledChain; readonly node: string }[] = [];
      const [next] = [ends[Symbol.iterator]()];
      for (let turn = 0; !schedule.finished && turn < 500; turn++) {
        for (let step = schedule.take(nowMs); step !== undefined; step = schedule.take(nowMs)) {
          const { chain, node } = step;
          const { busy, idle } = of(node);
          open.set(node, { busy: busy + 1, idle: Math.max(0, idle - 1) });
          slots.began(node);
          running.push({ chain, node });
        }
        const all = [...open.values()].reduce((sum, { busy, idle }) => sum + busy + idle, 0);
        expect(all).toBeLessThanOrEqual(maxSessions);
        const { pick, ms, failed } = next.next().value;
        const [ended] = running.splice(pick % running.length, 1);
        expect(ended, "nothing runs, and chains are left").toBeDefined();
        if (ended === undefined) {
          return;
        }
        nowMs += ms;
        slots.learn(ended.node);
        if (failed) {
          schedule.fail(ended.chain);
        } else {
          schedule.done(ended.chain, nowMs);
        }
        const { busy, idle } = of(ended.node);
        open.set(ended.node, { busy: busy - 1, idle: idle + 1 });
        slots.left(ended.node);
        slots.look();
      }
      expect(schedule.finished).toBe(true);
    }),
  );
});

it("lets other nodes go before one that is held, and comes back to it", () => {
  const chains = ["held", "free"].map((node) => chainOn(node, ["a"]));
  const schedule = new ChainSchedule(chains, { parallelism: 2, limits: new Map() });
  const options = { parallelism: 2, maxSessions: 1, ...still, onSpare: () => {} };
  const slots = new NodeSlots(schedule, nodesOf(chains), { ...options, onLimit: () => {} });
  schedule.hold("held", true);
  expect(schedule.take(0)).toBeUndefined();
  expect(slots.look()).toBe(true);
  const free = schedule.take(0);
  expect(free).toMatchObject({ node: "free" });
  slots.began("free");
  schedule.hold("held", false);
  expect(schedule.take(0)).toBeUndefined();
  if (free !== undefined) {
    schedule.done(free.chain, 0);
  }
  slots.left("free");
  expect(schedule.take(0)).toMatchObject({ node: "held" });
});

it("lets other nodes go before one whose steps all wait to be tried again", () => {
  const chains = ["locked", "free"].map((node) => chainOn(node, ["a"]));
  const schedule = new ChainSchedule(chains, { parallelism: 2, limits: new Map() });
  const options = { parallelism: 2, maxSessions: 1, ...still, onSpare: () => {} };
  const slots = new NodeSlots(schedule, nodesOf(chains), { ...options, onLimit: () => {} });
  const take = () => {
    const step = schedule.take(0);
    if (step !== undefined) {
      slots.began(step.node);
    }
    return step;
  };
  const locked = take();
  expect(locked).toMatchObject({ node: "locked" });
  if (locked !== undefined) {
    schedule.requeue(locked.chain, { notBeforeMs: 1000 });
  }
  expect(slots.look()).toBe(false);
  slots.left("locked");
  expect(slots.look()).toBe(true);
  const free = take();
  expect(free).toMatchObject({ node: "free" });
  expect(schedule.take(1000)).toBeUndefined();
  if (free !== undefined) {
    schedule.done(free.chain, 1000);
  }
  slots.left("free");
  expect(schedule.take(1000)).toMatchObject({ node: "locked" });
});

it("has idle sessions closed that would be too many, and no others", () => {
  const chains = ["a", "b", "c"].map((node) => chainOn(node, ["v"]));
  const slotsFor = (maxSessions: number) => {
    const schedule = new ChainSchedule(chains, { parallelism: 2, limits: new Map() });
    const options = { parallelism: 2, maxSessions, ...still, onSpare: () => {} };
    return new NodeSlots(schedule, nodesOf(chains), { ...options, onLimit: () => {} });
  };
  expect(slotsFor(2).toClose(["a", "c", "no chain"])).toEqual(["c", "no chain"]);
  expect(slotsFor(6).toClose(["a", "c", "no chain"])).toEqual(["no chain"]);
  expect(slotsFor(7).toClose(["a", "c", "no chain"])).toEqual([]);
});

it("goes round if all nodes are held", () => {
  const chains = ["a", "b", "c"].map((node) => chainOn(node, ["v"]));
  const schedule = new ChainSchedule(chains, { parallelism: 2, limits: new Map() });
  const options = { parallelism: 2, maxSessions: 2, ...still, onSpare: () => {} };
  const slots = new NodeSlots(schedule, nodesOf(chains), { ...options, onLimit: () => {} });
  for (const node of ["a", "b", "c"]) {
    schedule.hold(node, true);
  }
  slots.look();
  schedule.hold("b", false);
  slots.look();
  slots.look();
  expect(schedule.take(0)).toMatchObject({ node: "b" });
});
