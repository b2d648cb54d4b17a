/** What is left of something that goes on, in the mean, and how much that varies. */
export interface Left {
  readonly mean: number;
  readonly variance: number;
}

/** Buckets for each doubling of a duration: those in one bucket differ by less than a fifth. */
const perDoubling = 4;
/** Below this part of what is expected, all are alike. */
const smallest = 1 / 64;

/** How long things of one kind took, in any unit: enough of it to tell what is left of one that goes on. */
export class DurationSpread {
  readonly #buckets: { count: number; sum: number }[] = [];
  #count = 0;
  #sum = 0;
  #squares = 0;

  add(duration: number): void {
    const index = bucketOf(duration);
    while (this.#buckets.length <= index) {
      this.#buckets.push({ count: 0, sum: 0 });
    }
    const bucket = this.#buckets[index];
    if (bucket !== undefined) {
      bucket.count++;
      bucket.sum += duration;
    }
    this.#count++;
    this.#sum += duration;
    this.#squares += duration * duration;
  }

  get variance(): number {
    const mean = this.#sum / Math.max(1, this.#count);
    return Math.max(0, this.#squares / Math.max(1, this.#count) - mean * mean);
  }

  /** What is left at the age of `age`, by those that took longer; undefined: none did. */
  after(age: number): Left | undefined {
    const from = bucketOf(age);
    let count = 0;
    let sum = 0;
    let squares = 0;
    for (const bucket of this.#buckets.slice(from)) {
      const left = bucket.count === 0 ? 0 : bucket.sum / bucket.count - age;
      if (left > 0) {
        count += bucket.count;
        sum += bucket.count * left;
        squares += bucket.count * left * left;
      }
    }
    const mean = sum / count;
    return count === 0 ? undefined : { mean, variance: Math.max(0, squares / count - mean * mean) };
  }
}

function bucketOf(duration: number): number {
  return Math.max(0, Math.floor(perDoubling * Math.log2(duration / smallest)));
}
