import type { NodeSpec } from "./node-spec.js";
import { nodeSpecProblem } from "./node-spec-problem.js";
import { parseHosts } from "./parse-hosts.js";

/**
 * Reads what a program printed or a file holds: a JSON array, or lines. Pure.
 *
 * Each element of the array is a {@link NodeSpec} or a text in the forms that {@link parseHosts}
 * reads; each line likewise is a `NodeSpec` as a JSON object, or such a text. Empty lines, and lines
 * that start with `#`, are passed over.
 *
 * @throws Error that says which entry is wrong, without its password
 */
export function parseNodeList(text: string): NodeSpec[] {
  const trimmed = text.trim();
  // "[::1]:5432" is a line; an array goes on with what no address holds.
  if (/^\[\s*[[{"\]]/.test(trimmed)) {
    const entries = parseJson(trimmed, "The text");
    if (!Array.isArray(entries)) {
      throw new Error("The text is no array of nodes.");
    }
    return entries.flatMap((entry, index) => toSpecs(entry, `Entry ${index + 1}`));
  }
  return trimmed.split(/\r?\n/).flatMap((line, index) => {
    if (/^\s*(#|$)/.test(line)) {
      return [];
    }
    const place = `Line ${index + 1}`;
    return toSpecs(/^\s*\{/.test(line) ? parseJson(line, place) : line, place);
  });
}

function toSpecs(entry: unknown, place: string): NodeSpec[] {
  if (typeof entry === "string") {
    return parseHosts(entry);
  }
  const problem = nodeSpecProblem(entry);
  if (problem !== undefined) {
    throw new Error(`${place} is no node: ${problem}.`);
  }
  return [entry as NodeSpec];
}

/** The reason that `JSON.parse` gives quotes the text, in which a password may be. */
function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${place} starts like JSON and is none.`);
  }
}
