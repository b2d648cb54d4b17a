import { readFile } from "node:fs/promises";

/** One version of a work. */
export interface JobVersion {
  /** As its files are named, without the ending. */
  readonly name: string;
  /** The SQL of its up file. */
  readonly sql: string;
  /** Whether the SQL may leave something in its session, so that the session must be reset. */
  readonly leaves: "nothing" | "traces";
}

/** A database that a contender works on. */
export interface JobNode {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** What a contender has to do: all versions, in order, on all shards of all nodes. */
export interface Job {
  readonly nodes: readonly JobNode[];
  /** The schemas of every node. */
  readonly shards: readonly string[];
  readonly versions: readonly JobVersion[];
  /** How many shards of a node are worked on at a time. */
  readonly parallelism: number;
}

/** Reads the job of a contender that is a program of its own: a file, its first argument. */
export async function readJob(): Promise<Job> {
  return JSON.parse(await readFile(process.argv[2] ?? "", "utf8"));
}

/**
 * Does something with all items, at most `parallelism` at a time, each time with one of as many
 * things that `open` makes, such as connections. Stops at the first failure.
 */
export async function inSlots<Item, Slot>(
  items: readonly Item[],
  parallelism: number,
  { open, use }: { open: () => Promise<Slot>; use: (slot: Slot, item: Item) => Promise<void> },
): Promise<void> {
  let next = 0;
  const slots = Math.min(parallelism, items.length);
  await Promise.all(
    Array.from({ length: slots }, async () => {
      const slot = await open();
      for (let item = items[next++]; item !== undefined; item = items[next++]) {
        await use(slot, item);
      }
    }),
  );
}
