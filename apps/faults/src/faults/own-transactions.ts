import { setTimeout as sleep } from "node:timers/promises";
import type { NetworkFault } from "@pg-mig/testkit";
import type { Fault } from "../fault.js";
import { shardNames } from "../lane.js";
import type { Scene } from "../scene.js";
import { testVersion } from "../test-version.js";
import { type EndedRun, reportOf } from "../tool-run.js";

/** Breaks a connection around a COMMIT of a file that commits twice: its own in the middle, or the last. */
function brokenFile(name: string, fault: Pick<NetworkFault, "at" | "action">): Fault {
  return {
    name,
    row: 33,
    weight: 2,
    versions: () => [testVersion(1, "own-transactions"), testVersion(2, "plain")],
    async inject(scene, random) {
      const { place, others } = scene.drawPlace(random);
      const { proxy } = place;
      const planned = proxy.inject({ ...fault, skip: random.integer(0, 15) });
      const run = scene.start();
      const hit = planned.hit.then(async () => {
        await sleep(random.integer(50, 1000));
        proxy.restore();
      });
      const ended = await run.ended;
      if (planned.hits > 0) {
        await hit;
      }
      return {
        outcome: planned.hits > 0 ? "struck" : "missed",
        runs: [ended],
        problems: await halvesNotTold(scene, ended),
        spared: others.map(({ label }) => label),
      };
    },
  };
}

/** A file runs at most once in a run, and the run tells what stays without a ledger entry. */
async function halvesNotTold(scene: Scene, ended: EndedRun): Promise<string[]> {
  const report = reportOf(ended);
  const problems: string[] = [];
  for (const { database, label } of scene.places) {
    for (const shard of shardNames) {
      const count = async (table: string) => {
        const sql = `SELECT count(*)::int AS n FROM ${shard}.${table} WHERE version LIKE '%own-transactions%'`;
        const [row] = await database.query<{ n: number }>(sql);
        return row?.n ?? 0;
      };
      const [begun, done] = [await count("part"), await count("applied")];
      if (begun > 1) {
        problems.push(`${label}/${shard}: the file has run ${begun} times in one run`);
      }
      const told = [...(report?.failed ?? []), ...(report?.inDoubt ?? [])].find(
        (one) => one.node === label && one.shard === shard,
      );
      if (begun > done && !/stays|may be committed/.test(JSON.stringify(told?.error ?? ""))) {
        problems.push(`${label}/${shard}: nobody says that a part of the file stays`);
      }
    }
  }
  return problems;
}

export const ownTransactionsFaults: readonly Fault[] = [
  brokenFile("own-transactions-request-cut", { at: "request", action: "cut" }),
  brokenFile("own-transactions-reply-cut", { at: "reply", action: "cut" }),
];
