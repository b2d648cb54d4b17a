import { exec } from "node:child_process";
import type { MigrationDirectory } from "@pg-mig/migrations";
import type { WaveGate } from "@pg-mig/model";
import {
  isBug,
  isConnectionLoss,
  type OpenCluster,
  type OpenNode,
  type OpenShard,
} from "@pg-mig/sessions";
import type { GateAnswer } from "./gate-course.js";

export interface AskGateOptions {
  readonly cluster: OpenCluster;
  readonly nodes: readonly OpenNode[];
  /** Those of the wave. */
  readonly shards: readonly OpenShard[];
  readonly directory: Pick<MigrationDirectory, "versions">;
  readonly lockTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** An answer that takes longer is none, in milliseconds. */
const answerWithinMs = 30_000;

/**
 * Asks a gate once. Whatever keeps it from answering, but for the loss of a node, is a no. Its SQL runs on every
 * node, in a transaction of its own, with pg_catalog as its search_path.
 */
export async function askGate(gate: WaveGate, options: AskGateOptions): Promise<GateAnswer> {
  if (gate.sql !== undefined) {
    return askSql(gate.sql, options);
  }
  if (gate.command !== undefined) {
    return askCommand(gate.command, options);
  }
  if (gate.http !== undefined) {
    return askHttp(gate.http, options);
  }
  const { verifyShards } = await import("./verify-shards.js");
  const touched = options.shards.map(({ node, name }) => ({ node: node.label, shard: name }));
  const [first] = await verifyShards({ ...options, touched });
  return first === undefined
    ? { yes: true, why: "the shards are alike" }
    : { yes: false, why: `the shards are not alike: ${first}` };
}

async function askSql(sql: string, { cluster, nodes }: AskGateOptions): Promise<GateAnswer> {
  const answers = await Promise.all(
    nodes.map(async (open): Promise<GateAnswer> => {
      const { label } = open.node;
      try {
        const rows = await cluster.query(
          open,
          `SET LOCAL statement_timeout TO ${answerWithinMs};\n${sql}`,
        );
        const [value] = Object.values((rows[0] as object | undefined) ?? {});
        return { yes: value === true, why: `the query gave ${JSON.stringify(value)} on ${label}` };
      } catch (error) {
        if (isBug(error) || isConnectionLoss(error)) {
          throw error;
        }
        const words = error instanceof Error ? error.message : String(error);
        return { yes: false, why: `the query failed on ${label}: ${words}` };
      }
    }),
  );
  return answers.find(({ yes }) => !yes) ?? { yes: true, why: "the query gave true on every node" };
}

function askCommand(command: string, { signal }: AskGateOptions): Promise<GateAnswer> {
  return new Promise((resolve) => {
    const child = exec(command, { signal, timeout: answerWithinMs }, (error, _, stderr) => {
      const last = stderr.trim().split("\n").at(-1) ?? "";
      const said = last === "" ? "" : `: ${last}`;
      const status = error?.code === undefined ? "was ended" : `ended with status ${error.code}`;
      resolve(
        error === null
          ? { yes: true, why: "the command ended with status 0" }
          : { yes: false, why: `the command ${status}${said}` },
      );
    });
    // What asks something gets no answer, instead of waiting for one for ever.
    child.stdin?.end();
  });
}

async function askHttp(url: string, { signal }: AskGateOptions): Promise<GateAnswer> {
  try {
    const ends = AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]);
    const { ok, status, body } = await fetch(url, { signal: ends });
    await body?.cancel();
    return { yes: ok, why: `the answer had status ${status}` };
  } catch (error) {
    const { cause, message } = error as Error;
    const words = cause instanceof Error && cause.message !== "" ? cause.message : message;
    return { yes: false, why: `there was no answer: ${words}` };
  }
}
