import { nearestWord, PgMigError, type Place } from "@pg-mig/model";
import type { Node } from "./node.js";
import { renderEndpoint } from "./node-address.js";

/** Nodes and shards to work on: those that fit any of the alternatives. */
export type Choice = readonly Alternative[];

/** Conditions that must all hold. */
export interface Alternative {
  /** For each key (`host`, `shard`, `island`, or a label) the globs of which one must fit. */
  readonly globs: Readonly<Record<string, readonly string[]>>;
  /** Which shards at all: every one, or those that did not get through the last run. */
  readonly among: "all" | "failed";
}

/**
 * Reads what a user chooses by: each text is an alternative, `key=glob` or `failed`, separated by
 * commas. Several globs of one key are alternatives in themselves. In a glob, `*` matches any
 * characters and `?` for one. Pure.
 *
 * @throws PgMigError `CHOICE_INVALID`
 * @example parseChoice(["region=eu,shard=sh00*", "host=db7"])
 */
export function parseChoice(texts: readonly string[]): Choice {
  return texts.map((text): Alternative => {
    const globs = new Map<string, string[]>();
    let among: Alternative["among"] = "all";
    for (const condition of text.split(",").map((part) => part.trim())) {
      const [, key = "", glob = ""] = /^([^=]+)=(.+)$/s.exec(condition) ?? [];
      if (condition === "failed") {
        among = "failed";
      } else if (key === "") {
        throw invalid(text);
      } else {
        globs.set(key, [...(globs.get(key) ?? []), glob]);
      }
    }
    return { globs: Object.fromEntries(globs), among };
  });
}

/**
 * Tells whether a node may have chosen shards: to be asked before anything is known of its shards.
 * Pure.
 *
 * @param failed what `failed` means; a node may go by any of its names
 */
export function mayHoldChosen(choice: Choice, node: Node, failed: readonly Place[] = []): boolean {
  return choice.some(
    ({ globs, among }) =>
      fitsNode(globs, node) && (among === "all" || failed.some((place) => isOn(place, node))),
  );
}

/**
 * What was probably meant by a choice that fits no node: the keys and values of the nodes that are nearest
 * to those which none has. Empty if nothing is near. Pure.
 */
export function meantConditions(choice: Choice, nodes: readonly Node[]): readonly string[] {
  const labels = nodes.flatMap((node) => Object.keys(node.labels));
  const keys = [...new Set(["host", "island", ...labels])];
  return choice.flatMap(({ globs }) =>
    Object.entries(globs).flatMap(([key, wanted]) => {
      if (key === "shard") {
        return [];
      }
      if (!keys.includes(key)) {
        return nearestWord(key, [...keys, "shard"]) ?? [];
      }
      const values = [...new Set(nodes.flatMap((node) => valuesOf(node, key)))];
      return wanted
        .filter((glob) => !values.some((value) => fitsGlob(glob, value)))
        .flatMap((glob) => nearestWord(glob, values) ?? [])
        .map((value) => `${key}=${value}`);
    }),
  );
}

/** Tells whether all shards of a node are chosen, also one that does not exist yet. Pure. */
export function isWhollyChosen(choice: Choice, node: Node): boolean {
  return choice.some(
    ({ globs, among }) => globs.shard === undefined && among === "all" && fitsNode(globs, node),
  );
}

/** Tells whether a shard of a node is chosen. Pure. */
export function isShardChosen(
  choice: Choice,
  { node, shard }: { readonly node: Node; readonly shard: string },
  failed: readonly Place[] = [],
): boolean {
  return choice.some(
    ({ globs, among }) =>
      fitsNode(globs, node) &&
      (globs.shard === undefined || fitsAny(globs.shard, [shard])) &&
      (among === "all" || failed.some((place) => place.shard === shard && isOn(place, node))),
  );
}

function fitsNode(globs: Alternative["globs"], node: Node): boolean {
  return Object.entries(globs).every(
    ([key, wanted]) => key === "shard" || fitsAny(wanted, valuesOf(node, key)),
  );
}

function valuesOf(node: Node, key: string): readonly string[] {
  if (key === "host") {
    return namesOf(node);
  }
  if (key === "island") {
    return node.island === undefined ? [] : [node.island];
  }
  return Object.entries(node.labels).flatMap(([name, value]) => (name === key ? [value] : []));
}

function namesOf(node: Node): readonly string[] {
  return [node.host, renderEndpoint(node), node.name, node.label];
}

function isOn({ node: name }: Place, node: Node): boolean {
  return namesOf(node).includes(name);
}

function fitsAny(globs: readonly string[], values: readonly string[]): boolean {
  return globs.some((glob) => values.some((value) => fitsGlob(glob, value)));
}

function fitsGlob(glob: string, value: string): boolean {
  const source = glob
    .replace(/[\\^$.+()[\]{}|/-]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${source}$`, "s").test(value);
}

function invalid(text: string): PgMigError {
  const near = nearestWord(text, ["failed"]);
  return new PgMigError(`"${text}" does not say what to work on.`, {
    code: "CHOICE_INVALID",
    hint:
      near !== undefined
        ? `Did you mean "${near}"?`
        : "Write conditions as key=glob, separated by commas: host=, shard=, island=, or a label of the nodes, such as region=eu,shard=sh00*; or write failed.",
  });
}
