import type { Version } from "@pg-mig/migrations";
import type { RolloutWave, WaveGate } from "@pg-mig/model";
import type { Chain, Wave } from "@pg-mig/planner";
import type { RunEvent } from "@pg-mig/report";
import { type OpenNode, type OpenShard, pause } from "@pg-mig/sessions";
import { type GateAnswer, type GateState, judgeGate } from "./judge-gate.js";
import { plannedWaves, wavesForNobody } from "./planned-waves.js";
import { soakingSince } from "./soaking-since.js";

export interface RolloutCourseOptions {
  /** The waves but the last; none: all shards are one. */
  readonly waves: readonly RolloutWave[];
  /** The wave after which the run pauses, or `next`. */
  readonly until: string | undefined;
  /** Whether the run works on all shards, or on chosen ones. */
  readonly scope: "all" | "chosen";
  /** The versions on disk. */
  readonly versions: readonly Pick<Version, "prefix">[];
  /** Asks the gate after a wave once. */
  readonly askGate: (gate: WaveGate, shards: readonly OpenShard[]) => Promise<GateAnswer>;
  readonly emit: (event: RunEvent) => void;
  readonly signal: AbortSignal;
  readonly pause: AbortSignal | undefined;
  /** The time, in milliseconds since 1970. */
  readonly now: () => number;
}

/** What comes next in a run. */
export type NextTurn =
  | TurnToRun
  /** Time has gone by: to read the ledgers again. */
  | { readonly type: "look-again" }
  /** To end here: the run was paused or interrupted, its wave is done, or a gate says no. */
  | {
      readonly type: "end";
      readonly outcome: "paused" | "interrupted" | "failed";
      readonly reason?: string;
    };

/** To run these chains. Those of later waves come after them. */
export interface TurnToRun {
  readonly type: "run";
  readonly chains: readonly Chain<OpenShard>[];
  readonly later: readonly Chain<OpenShard>[];
}

/**
 * The way of a run through its waves. All that it knows of what was before is in the ledgers: a wave is done
 * when nothing is pending on its shards. Before a wave begins, all before it must be done and have soaked, and
 * their gates must have said yes, each once a run.
 */
export class RolloutCourse {
  readonly #options: RolloutCourseOptions;
  /** When it was first asked what comes. */
  #startedAtMs: number | undefined;
  /** The waves that are done and have soaked, by number from 0. */
  readonly #passed = new Set<number>();
  /** The wave after which the run pauses, by number from 0. */
  #last: number | undefined;
  /** The wave that was begun and not yet said to be done. */
  #current: { readonly wave: Wave<OpenShard>; readonly index: number } | undefined;

  constructor(options: RolloutCourseOptions) {
    this.#options = options;
  }

  /** The name of the wave under way, or that is to be. */
  get wave(): string | undefined {
    return this.#current?.wave.name;
  }

  /** Steps that were done are gone: their waves are to be done, and to soak, again. */
  reopen(): void {
    this.#passed.clear();
  }

  /** Says what comes next, by what the nodes are and what is pending; waits until it may come. */
  async next(nodes: readonly OpenNode[], chains: readonly Chain<OpenShard>[]): Promise<NextTurn> {
    const { waves: rules, versions, emit, until, now } = this.#options;
    const isFirst = this.#startedAtMs === undefined;
    this.#startedAtMs ??= now();
    if (rules.length === 0 || chains.length === 0) {
      return { type: "run", chains, later: [] };
    }
    if (isFirst && this.#options.scope === "all") {
      for (const name of wavesForNobody(rules, nodes)) {
        const message = `The wave ${name} has no shard: its "only" fits none. Nothing is tried there first.`;
        emit({ type: "warning", message });
      }
    }
    const waves = plannedWaves({ waves: rules, versions, nodes, chains });
    const index = waves.findIndex((wave) => wave.chains.length > 0);
    const wave = waves[index] as Wave<OpenShard>;
    if (until !== undefined) {
      this.#last ??= until === "next" ? index : waves.findIndex(({ name }) => name === until);
    }
    if (this.#current !== undefined && this.#current.index < index) {
      this.end();
    }
    if (this.#last !== undefined && index > this.#last) {
      const done = waves[this.#last] as Wave<OpenShard>;
      const reason = `The wave ${done.name} is done (the setting \`wave\`).`;
      return { type: "end", outcome: "paused", reason };
    }
    let waited = false;
    for (const [before, earlier] of waves.slice(0, index).entries()) {
      if (!this.#passed.has(before) && earlier.shards.length > 0) {
        const turn = await this.#pass(before, earlier);
        if (turn?.type === "end") {
          return turn;
        }
        waited ||= turn !== undefined;
      }
    }
    if (waited) {
      return { type: "look-again" };
    }
    this.#current = { wave, index };
    const of = waves.length;
    emit({ type: "wave:start", wave: wave.name, number: index + 1, of, ...countsOf(wave) });
    const later = waves.slice(index + 1).flatMap((one) => one.chains);
    return { type: "run", chains: wave.chains, later };
  }

  /** Nothing is pending any more in the wave under way. */
  end(): void {
    if (this.#current !== undefined) {
      const { name, shards } = this.#current.wave;
      this.#options.emit({ type: "wave:done", wave: name, shards: shards.length });
      this.#current = undefined;
    }
  }

  /** Waits until a wave that is done has soaked, and its gate says yes; gives nothing if that took no time. */
  async #pass(index: number, { name, shards }: Wave<OpenShard>): Promise<NextTurn | undefined> {
    const { waves, emit, now } = this.#options;
    const soakMs = waves[index]?.soakMs ?? 0;
    const nowMs = now();
    const sinceMs = soakingSince(shards, { startedAtMs: this.#startedAtMs ?? nowMs, nowMs });
    const leftMs = sinceMs + soakMs - nowMs;
    if (leftMs > 0) {
      emit({ type: "wave:soak", wave: name, leftMs });
      const ended = await this.#wait(leftMs);
      if (ended !== undefined) {
        return ended;
      }
    }
    const gate = waves[index]?.gate;
    const refused = gate && (await this.#ask(gate, { name, shards }, sinceMs + soakMs));
    if (refused !== undefined) {
      return refused;
    }
    this.#passed.add(index);
    return leftMs > 0 || gate !== undefined ? { type: "look-again" } : undefined;
  }

  /** Asks a gate until it is decided; gives why the run ends, if it does. */
  async #ask(
    gate: WaveGate,
    { name, shards }: Pick<Wave<OpenShard>, "name" | "shards">,
    soakedAtMs: number,
  ): Promise<NextTurn | undefined> {
    const { askGate, emit, now, signal } = this.#options;
    const endsAtMs = soakedAtMs + (gate.forMs ?? 0);
    let state: GateState = { noes: 0 };
    for (;;) {
      const answer = await askGate(gate, shards).catch((error: unknown) => {
        if (signal.aborted) {
          return undefined;
        }
        throw error;
      });
      if (answer === undefined || signal.aborted) {
        return { type: "end", outcome: "interrupted" };
      }
      emit({ type: "gate", wave: name, answer: answer.yes ? "yes" : "no", why: answer.why });
      const judged = judgeGate(gate, state, answer, { nowMs: now(), endsAtMs });
      if (judged.type === "passed") {
        return undefined;
      }
      if (judged.type === "refused") {
        const reason = `The gate of the wave ${name} says no: ${answer.why}.`;
        return { type: "end", outcome: "failed", reason };
      }
      ({ state } = judged);
      const ended = await this.#wait(judged.inMs);
      if (ended !== undefined) {
        return ended;
      }
    }
  }

  /** Gives why the run ends instead, if it does. */
  async #wait(ms: number): Promise<NextTurn | undefined> {
    const { signal, pause: asked } = this.#options;
    await pause(ms, asked === undefined ? signal : AbortSignal.any([signal, asked]));
    if (signal.aborted) {
      return { type: "end", outcome: "interrupted" };
    }
    return asked?.aborted ? { type: "end", outcome: "paused" } : undefined;
  }
}

function countsOf({ shards, chains }: Wave<OpenShard>) {
  return {
    shards: shards.length,
    chains: chains.length,
    steps: chains.reduce((sum, { pending }) => sum + pending.length, 0),
  };
}
