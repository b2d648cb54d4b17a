import { pgBouncerMissing, startPgBouncer } from "@pg-mig/testkit";
import { whyNotThrough } from "../expectations.js";
import type { Fault } from "../fault.js";
import type { Random } from "../random.js";
import type { Scene } from "../scene.js";
import { testVersion } from "../test-version.js";
import type { EndedRun } from "../tool-run.js";
import { usualWorkMs } from "./passing-trouble.js";

interface PooledRun {
  readonly name: string;
  readonly mode: "session" | "transaction";
  readonly args?: readonly string[];
  readonly judge: (scene: Scene, run: EndedRun) => string[];
}

/** A PgBouncer stands before every node; while versions are run, connections to it break. */
function pooled({ name, mode, args = [], judge }: PooledRun): Fault {
  return {
    name,
    row: 19,
    impossible: async () => pgBouncerMissing(),
    // Behind a shared backend, nothing can run outside of a transaction.
    versions: () =>
      (["plain", "rows", "psql", "alter"] as const).map((kind, n) => testVersion(n + 1, kind)),
    async inject(scene, random) {
      const poolers = await Promise.all(
        scene.places.map(({ proxy, database }) =>
          startPgBouncer({
            node: { ...addressOf(database), port: proxy.port },
            mode,
            settings: { default_pool_size: "8", server_login_retry: "1" },
          }),
        ),
      );
      try {
        const run = scene.start({ hosts: poolers.map(({ url }) => url), args });
        await breakSome(scene, random, run.isAtWorkFor(random.integer(0, usualWorkMs)));
        const ended = await run.ended;
        return {
          outcome: "struck",
          runs: [ended],
          problems: judge(scene, ended),
          ...(judge === whyNotThrough && { spared: scene.places.map(({ label }) => label) }),
          // Events name the poolers, which nothing else does.
          alsoWrote: "another-writer",
        };
      } finally {
        await Promise.all(poolers.map((pooler) => pooler.stop()));
      }
    },
  };
}

function addressOf({ host, port, user, password, database }: Scene["places"][0]["database"]) {
  return { host, port, user, password, database };
}

async function breakSome(scene: Scene, random: Random, atWork: Promise<boolean>): Promise<void> {
  if (await atWork) {
    random.pick(scene.places).proxy.cut();
  }
}

export const poolerFaults: readonly Fault[] = [
  pooled({ name: "session-pooler", mode: "session", judge: whyNotThrough }),
  pooled({
    name: "transaction-pooler",
    mode: "transaction",
    judge: (_, { status, events }) =>
      status === 1 &&
      events.some((event) => event.type === "error" && event.code === "POOLER_REFUSED")
        ? []
        : [`a pooler in transaction mode was not refused: status ${status}`],
  }),
  pooled({
    name: "transaction-pooler-allowed",
    mode: "transaction",
    args: ["--allow-pooler"],
    judge: whyNotThrough,
  }),
];
