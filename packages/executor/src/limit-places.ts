import type { MayRunBeside } from "@pg-mig/sql-rules";
import type { ScheduledChain } from "./scheduled-chain.js";

/** How many shards may run a version at a time, and how. All limits of a version hold together. */
export interface VersionLimits {
  /** At most so many shards at a time on one host (nodes of one host name share it). */
  readonly perHost?: number | undefined;
  /** At most so many shards at a time over the whole cluster. */
  readonly global?: number | undefined;
  /** After each shard the limits stay taken for so long, in milliseconds. */
  readonly delayMs?: number | undefined;
  /** Nothing else runs anywhere in the cluster meanwhile. */
  readonly runAlone?: boolean | undefined;
  /** What else may run on the same node meanwhile. @default "transactions" */
  readonly mayRunBeside?: MayRunBeside | undefined;
}

/** Options of {@link LimitPlaces}. */
export interface LimitPlacesOptions {
  /** How many chains of one node may run at a time. */
  readonly parallelism: number;
  /** The limits of a version; without an entry it has none. */
  readonly limits: ReadonlyMap<string, VersionLimits>;
}

const noLimits: VersionLimits = {};

/**
 * The limits of all versions, and how much of them is taken: by steps that run, and by steps that are done
 * but whose delay is not over. Slots of nodes are not its concern.
 */
export class LimitPlaces {
  readonly #options: LimitPlacesOptions;
  /** Taken places of limited versions, by `version`, `version host` and so on. */
  readonly #taken = new Map<string, number>();
  /** Steps that run, or whose delay is not over. */
  #holders = 0;
  #isAloneTaken = false;

  constructor(options: LimitPlacesOptions) {
    this.#options = options;
  }

  /** Whether nobody has a place: what a version that runs alone waits for. */
  get isFree(): boolean {
    return this.#holders === 0;
  }

  /** Whether a version that runs alone has the whole cluster. */
  get isAloneTaken(): boolean {
    return this.#isAloneTaken;
  }

  /** The limits of one version. */
  of(version: string): VersionLimits {
    return this.#options.limits.get(version) ?? noLimits;
  }

  mayRunBeside(version: string): MayRunBeside {
    return this.of(version).mayRunBeside ?? "transactions";
  }

  /** Whether one shard more may run a version; never, if the version is of the other kind. */
  hasRoom(chain: ScheduledChain, version: string, kind: "shared" | "alone"): boolean {
    if ((this.of(version).runAlone === true) !== (kind === "alone")) {
      return false;
    }
    return this.#places(chain, version).every(
      ({ key, places }) => (this.#taken.get(key) ?? 0) < places,
    );
  }

  take(chain: ScheduledChain, version: string): void {
    this.#holders++;
    this.#isAloneTaken = this.of(version).runAlone === true;
    this.#count(chain, version, 1);
  }

  release(chain: ScheduledChain, version: string): void {
    this.#holders--;
    this.#isAloneTaken = false;
    this.#count(chain, version, -1);
  }

  #count(chain: ScheduledChain, version: string, by: 1 | -1): void {
    for (const { key } of this.#places(chain, version)) {
      this.#taken.set(key, (this.#taken.get(key) ?? 0) + by);
    }
  }

  /** The limited resources that a step takes one place of. */
  #places({ shard }: ScheduledChain, version: string): { key: string; places: number }[] {
    const { perHost, global, delayMs } = this.of(version);
    const limited = [];
    if (global !== undefined) {
      limited.push({ key: version, places: global });
    }
    if (perHost !== undefined) {
      limited.push({ key: `${version} host ${shard.node.host}`, places: perHost });
    }
    if (delayMs !== undefined && delayMs > 0) {
      // Without another limit a delay is held by the slot: it paces the version, not the node.
      const places = this.#options.parallelism;
      limited.push({ key: `${version} node ${shard.node.name}`, places });
    }
    return limited;
  }
}
