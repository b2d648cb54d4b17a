import { setTimeout as sleep } from "node:timers/promises";
import type { NetworkFault } from "@pg-mig/testkit";
import { whyNotThrough } from "../expectations.js";
import type { Fault } from "../fault.js";

interface BrokenCommit extends Pick<NetworkFault, "at" | "action"> {
  readonly name: string;
  readonly row: number;
  readonly weight?: number;
  /** What happens besides, once the COMMIT is hit: nobody reaches the node for a while. */
  readonly besides?: "unreachable";
}

/** Breaks a connection around one COMMIT, which one is drawn; the run must find out what came of it. */
function brokenCommit({ name, row, weight = 2, besides, ...fault }: BrokenCommit): Fault {
  return {
    name,
    row,
    weight,
    async inject(scene, random) {
      const { place, others } = scene.drawPlace(random);
      const { proxy } = place;
      const planned = proxy.inject({ ...fault, skip: random.integer(0, 12) });
      const run = scene.start();
      const hit = planned.hit.then(async () => {
        if (besides === "unreachable") {
          proxy.isolate();
        }
        await sleep(random.integer(50, 1000));
        proxy.restore();
        proxy.thaw();
      });
      const ended = await run.ended;
      if (planned.hits > 0) {
        await hit;
      }
      return {
        outcome: planned.hits > 0 ? "struck" : "missed",
        runs: [ended],
        problems: whyNotThrough(scene, ended),
        spared: others.map(({ label }) => label),
      };
    },
  };
}

export const commitNetworkFaults: readonly Fault[] = [
  brokenCommit({ name: "commit-request-cut", row: 4, at: "request", action: "cut", weight: 4 }),
  brokenCommit({ name: "commit-midway-cut", row: 7, at: "midway", action: "cut" }),
  brokenCommit({ name: "commit-reply-cut", row: 5, at: "reply", action: "cut", weight: 4 }),
  brokenCommit({
    name: "commit-reply-cut-unreachable",
    row: 5,
    at: "reply",
    action: "cut",
    besides: "unreachable",
  }),
  // The server does not hear of it: it stays in its transaction, with all locks.
  brokenCommit({ name: "commit-request-lost", row: 6, at: "request", action: "cut-client" }),
  brokenCommit({ name: "commit-midway-lost", row: 6, at: "midway", action: "cut-client" }),
  brokenCommit({ name: "commit-reply-lost", row: 6, at: "reply", action: "cut-client" }),
  brokenCommit({ name: "commit-request-frozen", row: 6, at: "request", action: "freeze" }),
  brokenCommit({ name: "commit-midway-frozen", row: 6, at: "midway", action: "freeze" }),
  brokenCommit({ name: "commit-reply-frozen", row: 6, at: "reply", action: "freeze" }),
];
