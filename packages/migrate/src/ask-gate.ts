import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import type { MigrationDirectory } from "@pg-mig/migrations";
import type { WaveGate } from "@pg-mig/model";
import { wordsOf } from "@pg-mig/model";
import {
  isBug,
  isConnectionLoss,
  type OpenCluster,
  type OpenNode,
  type OpenShard,
  placeOf,
} from "@pg-mig/sessions";
import type { GateAnswer } from "./judge-gate.js";

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

/** How long a command that is told to end has for that, in milliseconds. */
const graceMs = 2000;

/** So much of the end of what a command says is kept. */
const keptChars = 2000;

/**
 * Asks a gate once. Whatever keeps it from answering, but for the loss of a node, is a no.
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
  const [first] = await verifyShards({ ...options, touched: options.shards.map(placeOf) });
  return first === undefined
    ? { yes: true, why: "the shards are alike" }
    : { yes: false, why: `the shards are not alike: ${first}` };
}

async function askSql(sql: string, { cluster, nodes }: AskGateOptions): Promise<GateAnswer> {
  const answers = await Promise.all(
    nodes.map(async (open): Promise<GateAnswer> => {
      const { label } = open.node;
      try {
        const values = await cluster.firstColumn(open, sql);
        const given = values.length === 0 ? "no row" : JSON.stringify(values[0]);
        return { yes: values[0] === true, why: `the query gave ${given} on ${label}` };
      } catch (error) {
        if (isBug(error) || isConnectionLoss(error)) {
          throw error;
        }
        const words = wordsOf(error);
        return { yes: false, why: `the query failed on ${label}: ${words}` };
      }
    }),
  );
  return answers.find(({ yes }) => !yes) ?? { yes: true, why: "the query gave true on every node" };
}

/** The command has a process group of its own, so that what it has started ends with it. */
async function askCommand(command: string, { signal }: AskGateOptions): Promise<GateAnswer> {
  const child = spawn("/bin/sh", ["-c", command], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const kill = (how: NodeJS.Signals) => {
    try {
      process.kill(-(child.pid as number), how);
    } catch {
      // It has ended by itself.
    }
  };
  const ends = AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]);
  let killing: NodeJS.Timeout | undefined;
  const onEnd = () => {
    kill("SIGTERM");
    killing = setTimeout(() => kill("SIGKILL"), graceMs);
  };
  ends.addEventListener("abort", onEnd, { once: true });
  if (ends.aborted) {
    onEnd();
  }
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-keptChars);
  });
  try {
    const [status, endedBy] = (await once(child, "close")) as [number | null, string | null];
    const last = stderr.trim().split("\n").at(-1) ?? "";
    const said = last === "" ? "" : `: ${last}`;
    const how = ends.aborted
      ? `did not end within ${answerWithinMs / 1000} s`
      : `ended with ${status === null ? endedBy : `status ${status}`}`;
    return { yes: status === 0 && !ends.aborted, why: `the command ${how}${said}` };
  } finally {
    clearTimeout(killing);
    ends.removeEventListener("abort", onEnd);
  }
}

async function askHttp(url: string, { signal }: AskGateOptions): Promise<GateAnswer> {
  try {
    const ends = AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]);
    // A page to log in, to which an address leads on, is no answer of the address.
    const { ok, status, body } = await fetch(url, { signal: ends, redirect: "manual" });
    await body?.cancel();
    return { yes: ok, why: `the answer had status ${status}` };
  } catch (error) {
    const { cause, message } = error as Error;
    const words = cause instanceof Error && cause.message !== "" ? cause.message : message;
    return { yes: false, why: `there was no answer: ${words}` };
  }
}
