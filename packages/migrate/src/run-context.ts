import {
  isSameServer,
  needsSessionLock,
  runChains,
  runHook,
  runSqlOnNodes,
} from "@pg-mig/executor";
import { storeDigestSql, storeFingerprintSql } from "@pg-mig/ledger";
import { PgMigError } from "@pg-mig/model";
import type { Chain } from "@pg-mig/planner";
import type { RunEvent, RunReducer } from "@pg-mig/report";
import { type OpenCluster, type OpenNode, patience, type SessionNode } from "@pg-mig/sessions";
import { createLedgerRecorder } from "./ledger-recorder.js";
import type { MigrationFiles } from "./migration-files.js";
import { currentFingerprint, type RunKind } from "./prepare-run.js";
import type { RunOptions } from "./run-options.js";

export interface RunContextOptions extends RunOptions {
  readonly signal: AbortSignal;
  readonly cluster: OpenCluster;
  readonly files: MigrationFiles;
  readonly emit: (event: RunEvent) => void;
  readonly report: RunReducer;
  readonly kind: RunKind;
}

/** The steps that apply and undo are made of, on one open cluster. */
export class RunContext {
  readonly #options: RunContextOptions;
  readonly #files: MigrationFiles;
  /** When the servers were started that this run has committed on, by the label of the node. */
  readonly #servers = new Map<string, Set<string | undefined>>();

  constructor(options: RunContextOptions) {
    this.#options = options;
    this.#files = options.files;
  }

  /** Remembers on every node that a run is under way, and with it what the digest is meanwhile. */
  async markStarted(nodes: readonly OpenNode[]): Promise<void> {
    const digest = this.#options.kind.digestMeanwhile;
    await this.#store(nodes, (open) => [
      ...(open.ledger.fingerprint === "" ? [] : storeFingerprintSql("")),
      ...(digest === undefined ? [] : storeDigestSql(digest)),
    ]);
  }

  /** Remembers on every node that the run is complete; `nodes` is how they are now. */
  async markFinished(nodes: readonly OpenNode[]): Promise<void> {
    const digest = this.#options.kind.digestAfter;
    await this.#store(nodes, (open) => {
      const fingerprint = currentFingerprint(open, this.#files);
      return [
        ...(open.ledger.fingerprint === fingerprint ? [] : storeFingerprintSql(fingerprint)),
        ...(open.ledger.digest === digest ? [] : storeDigestSql(digest)),
      ];
    });
  }

  /**
   * Refuses versions that run outside of a transaction where a pooler shares the connections: there
   * nothing guards them.
   *
   * @throws PgMigError `POOLER_REFUSED` naming them all
   */
  refuseUnguarded(chains: readonly Chain[], nodes: readonly OpenNode[]): void {
    const { cluster } = this.#options;
    const places = chains
      .filter(({ node }) => cluster.isShared({ name: node }))
      .flatMap(({ node, pending }) =>
        pending
          .filter((version) => needsSessionLock(this.#files.stepScript(version)))
          .map((version) => `${version} on ${labelOf(nodes, node)}`),
      );
    if (places.length === 0) {
      return;
    }
    const unguarded = [...new Set(places)].map((message) => ({ message }));
    throw new PgMigError(
      "Versions that run outside of a transaction, or choose its isolation level, cannot be guarded through a pooler in transaction mode.",
      {
        code: "POOLER_REFUSED",
        hint: "Connect to PostgreSQL itself, or to a pool in session mode, to apply these.",
        problems: unguarded,
      },
    );
  }

  /**
   * Runs before.sql, the chains, after.sql. Returns whether all of it succeeded; what failed is told
   * by events. Where before.sql fails, nothing else starts; after.sql runs also if a chain failed.
   */
  async runRound(chains: readonly Chain[], nodes: readonly OpenNode[]): Promise<boolean> {
    const { cluster, emit, report, signal } = this.#options;
    await this.#files.load(chains.flatMap(({ pending }) => pending));
    this.refuseUnguarded(chains, nodes);
    if (!(await this.#runHook("before.sql")) || signal.aborted) {
      const reason = signal.aborted ? "interrupted" : "hook-failed";
      for (const { node, shard, pending } of chains) {
        const label = labelOf(nodes, node);
        emit({ type: "chain:abandoned", node: label, shard, notAttempted: pending, reason });
      }
      return false;
    }
    const ledgers = ledgersByShard(nodes);
    await runChains(
      chains.map(({ node, shard, pending }) => {
        const { open, ledger } = ledgers(node, shard);
        return { node: open.node, shard, versions: pending, ledger };
      }),
      {
        ...this.#executorOptions(),
        sessions: cluster.sessions,
        recorder: createLedgerRecorder({
          action: this.#options.kind.action,
          checksum: (version) => this.#files.checksum(version),
          replan: (ledger, node) =>
            this.#files.ensureLoaded(this.#options.kind.replan(ledger, node)),
        }),
        stepScript: (version) => this.#files.stepScript(version),
        parallelism: this.#options.parallelism ?? 10,
        onCommit: ({ label }, serverStartedAt) => {
          const servers = this.#servers.get(label);
          if (servers === undefined) {
            this.#servers.set(label, new Set([serverStartedAt]));
          } else {
            servers.add(serverStartedAt);
          }
        },
      },
    );
    if (signal.aborted) {
      return false;
    }
    return (await this.#runHook("after.sql")) && !report.hasFailed;
  }

  /**
   * Whether what this run has committed on a node can be gone only since somebody took it away: all of
   * it was committed on the server that was read now.
   */
  mustHave({ node, serverStartedAt }: OpenNode): boolean {
    const servers = [...(this.#servers.get(node.label) ?? [])];
    return servers.every((server) => isSameServer(server, serverStartedAt));
  }

  async #runHook(name: "before.sql" | "after.sql"): Promise<boolean> {
    const hook = this.#files.hooks.find(({ file }) => file === name);
    return hook === undefined || runHook(this.#nodes, hook, this.#executorOptions());
  }

  async #store(
    nodes: readonly OpenNode[],
    sql: (open: OpenNode) => readonly string[],
  ): Promise<void> {
    const pending = nodes
      .map((open) => ({ node: open.node, sql: sql(open) }))
      .filter((entry) => entry.sql.length > 0);
    const sqlOf = new Map(pending.map((entry) => [entry.node.name, entry.sql]));
    await runSqlOnNodes(
      pending.map(({ node }) => node),
      ({ name }) => sqlOf.get(name) ?? [],
      this.#executorOptions(),
    );
  }

  get #nodes(): readonly SessionNode[] {
    return this.#options.cluster.nodes.map(({ node }) => node);
  }

  #executorOptions() {
    const { cluster, emit, signal, env, allowShell } = this.#options;
    const { lockTimeoutMs } = this.#options;
    return {
      sessions: cluster.sessions,
      emit,
      signal,
      env: { ...env, PG_MIG_HOSTS: this.#nodes.map(({ name }) => name).join(",") },
      allowShell: allowShell ?? false,
      lockTimeoutMs: lockTimeoutMs ?? 2000,
      ...patience(this.#options),
    };
  }
}

function labelOf(nodes: readonly OpenNode[], name: string): string {
  return nodes.find(({ node }) => node.name === name)?.node.label ?? name;
}

/** Finds what belongs to a chain; plans and ledgers come from the same reading, so it is there. */
function ledgersByShard(nodes: readonly OpenNode[]) {
  const byNode = new Map(
    nodes.map((open) => [
      open.node.name,
      { open, shards: new Map(open.ledger.shards.map((ledger) => [ledger.shard, ledger])) },
    ]),
  );
  return (node: string, shard: string) => {
    const found = byNode.get(node);
    const ledger = found?.shards.get(shard);
    if (found === undefined || ledger === undefined) {
      throw new Error(`The plan holds a shard that was not read: ${node} ${shard}`);
    }
    return { open: found.open, ledger };
  };
}
