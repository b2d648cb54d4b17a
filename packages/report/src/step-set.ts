import type { Place, VersionPlaces } from "@pg-mig/model";

/** A version on a shard; `node` is the node's label. */
export interface PlacedStep extends Place {
  readonly version: string;
}

/**
 * A set of steps, as small as a run of a million steps needs it: each shard has a number, and each
 * version one bit per shard. Adding and deleting take the same time however many steps there are.
 */
export class StepSet {
  readonly #numbers = new Map<string, Map<string, number>>();
  /** The shards by their numbers: two names need no object of their own. */
  readonly #nodeNames: string[] = [];
  readonly #shardNames: string[] = [];
  readonly #bits = new Map<string, Uint32Array>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Returns whether the step is new. */
  add({ node, shard, version }: PlacedStep): boolean {
    const number = this.#numberOf(node, shard);
    const { word, bit } = positionOf(number);
    let bits = this.#bits.get(version);
    if (bits === undefined || bits.length <= word) {
      // The number of shards is not known beforehand. Doubling makes the copies rare.
      const grown = new Uint32Array(Math.max(8, 2 ** Math.ceil(Math.log2(word + 1))));
      grown.set(bits ?? []);
      this.#bits.set(version, grown);
      bits = grown;
    }
    const before = bits[word] ?? 0;
    bits[word] = before | bit;
    const isNew = (before & bit) === 0;
    this.#size += isNew ? 1 : 0;
    return isNew;
  }

  /** Returns whether the step was there. */
  delete({ node, shard, version }: PlacedStep): boolean {
    const number = this.#numbers.get(node)?.get(shard);
    const bits = this.#bits.get(version);
    if (number === undefined || bits === undefined) {
      return false;
    }
    const { word, bit } = positionOf(number);
    const before = bits[word] ?? 0;
    if ((before & bit) === 0) {
      return false;
    }
    bits[word] = before & ~bit;
    this.#size--;
    return true;
  }

  /** All steps, version by version. The set must not change meanwhile. */
  *[Symbol.iterator](): Generator<PlacedStep> {
    for (const [version, bits] of this.#bits) {
      for (const place of this.#placesIn(bits)) {
        yield { ...place, version };
      }
    }
  }

  /** The versions that have steps, each with its shards, in no particular order. */
  byVersion(): VersionPlaces[] {
    return [...this.#bits].flatMap(([version, bits]) => {
      const shards = [...this.#placesIn(bits)];
      return shards.length === 0 ? [] : [{ version, shards }];
    });
  }

  *#placesIn(bits: Uint32Array): Generator<Place> {
    for (const [number, shard] of this.#shardNames.entries()) {
      const { word, bit } = positionOf(number);
      if (((bits[word] ?? 0) & bit) !== 0) {
        yield { node: this.#nodeNames[number] ?? "", shard };
      }
    }
  }

  #numberOf(node: string, shard: string): number {
    let ofNode = this.#numbers.get(node);
    if (ofNode === undefined) {
      ofNode = new Map();
      this.#numbers.set(node, ofNode);
    }
    let number = ofNode.get(shard);
    if (number === undefined) {
      number = this.#shardNames.length;
      ofNode.set(shard, number);
      this.#nodeNames.push(node);
      this.#shardNames.push(shard);
    }
    return number;
  }
}

function positionOf(number: number): { readonly word: number; readonly bit: number } {
  return { word: number >>> 5, bit: 1 << (number & 31) };
}
