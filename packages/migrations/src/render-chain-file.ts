import { codeDigest, shortDigest } from "./code-digest.js";
import { compareVersions, type Version } from "./version.js";

const explanation = `\
# The order of all migrations. Written by pg-mig: do not edit the lines of versions.
#
# This file is here to make two branches that both add a migration collide in Git. If it conflicts
# when you merge or rebase:
# 1. undo your own new migrations wherever they are applied (pg-mig --undo=VERSION);
# 2. give their files a timestamp later than that of every migration that came in
#    (pg-mig --make=TITLE@PREFIX makes a pair with such a name);
# 3. run pg-mig --chain, which brings this file up to date, and commit it.
`;

/** What Git leaves in a file that conflicts. */
const conflictMarker = /^(?:<{7}|\|{7}|={7}|>{7})(?:\s|$)/;

/** The line of the digest; pg-mig 2.x writes `digest=` and the timestamp before the hash. */
const digestLine = /^(?<label>(?:digest=)?)(?<timestamp>(?:\d+\.)?)[0-9a-f]{16}(?<rest>\s.*)?$/;

/** What is told apart in a file that is there. */
interface ChainText {
  /** What stands above the lines of versions, without the digest's line and what follows it. */
  readonly head: readonly string[];
  readonly digest:
    | { readonly label: string; readonly withTimestamp: boolean; readonly rest: string }
    | undefined;
  /** What stands between the digest and the first line of a version. */
  readonly gap: readonly string[];
  /** By the version that a line adds: what stands between the line before and it, and after its text. */
  readonly links: ReadonlyMap<string, { readonly above: readonly string[]; readonly rest: string }>;
  /** What stands below the last line of a version that is still there. */
  readonly tail: readonly string[];
}

/**
 * Renders chain.txt: what to do on a merge conflict, the short digest, then a line per version that
 * names the one before it. Two branches that both append a version change the same lines, so Git
 * cannot merge them in silence. Same input, same bytes, in whichever order the versions are given.
 *
 * With the text that the file has already, only what is new changes: the digest, and the lines of
 * versions that came, went, or follow another one. All comments stay, on lines, between them and at
 * the top, whoever wrote them; so do the form of the digest's line and the ends of lines. A comment
 * that stands on every line, as pg-mig 2.x writes it, is put on new lines, too. What Git leaves of a
 * conflict goes. Pure.
 */
export function renderChainFile(versions: readonly Version[], before?: string): string {
  const names = versions.map(({ name }) => name).sort(compareVersions);
  const digest = codeDigest(versions);
  const isNew = before === undefined || before.trim() === "";
  const source = isNew ? `${explanation}\n${shortDigest(digest)}\n` : before;
  const lineEnd = /\r?\n/.exec(source)?.[0] ?? "\n";
  const text = takeApart(source, new Set(names));
  const { label = "", withTimestamp = false, rest = "" } = text.digest ?? {};
  const number = withTimestamp ? digest.slice(0, digest.indexOf(".") + 1) : "";
  const restOfNew = commonRest(text);
  const lines = [
    ...text.head,
    `${label}${number}${shortDigest(digest)}${rest}`,
    ...text.gap,
    ...names.flatMap((name, index) => {
      const link = text.links.get(name);
      const line = `${names[index - 1] ?? "(init)"} -> ${name}${link?.rest ?? restOfNew}`;
      return [...(link?.above ?? []), line];
    }),
    ...text.tail,
  ];
  return lines.map((line) => `${line}${lineEnd}`).join("");
}

function takeApart(source: string, known: ReadonlySet<string>): ChainText {
  // Of several carriage returns at the end of a line, one would be taken for the end the next time.
  const lines = source.split("\n").map((line) => line.replace(/\r+$/, ""));
  if (lines.at(-1) === "") {
    lines.pop();
  }
  let digest: ChainText["digest"];
  const head: string[] = [];
  const gap: string[] = [];
  const links = new Map<string, { readonly above: readonly string[]; readonly rest: string }>();
  let isAbove = true;
  let others: string[] = [];
  for (const line of lines) {
    if (conflictMarker.test(line)) {
      continue;
    }
    const { label, timestamp, rest = "" } = digestLine.exec(line)?.groups ?? {};
    if (label !== undefined) {
      digest ??= { label, withTimestamp: timestamp !== "", rest };
      continue;
    }
    const link = parseLink(line, known);
    if (link === undefined) {
      (!isAbove ? others : digest === undefined ? head : gap).push(line);
      continue;
    }
    isAbove = false;
    if (link !== "gone" && !links.has(link.version)) {
      links.set(link.version, { above: others, rest: link.rest });
      others = [];
    }
  }
  return { head, digest, gap, links, tail: others };
}

/** Reads the line of a version; "gone": of one that is not known; `undefined`: it is another line. */
function parseLink(
  line: string,
  known: ReadonlySet<string>,
): { readonly version: string; readonly rest: string } | "gone" | undefined {
  const [, target] = /^(?:\(init\)|\d+\..*?) -> (\d+\..*)$/.exec(line) ?? [];
  if (target === undefined) {
    return undefined;
  }
  // A title may hold a blank: the longest beginning that is a version is the version.
  const ends = [target.length, ...[...target.matchAll(/\s/g)].map(({ index }) => index).reverse()];
  const end = ends.find((at) => known.has(target.slice(0, at)));
  return end === undefined ? "gone" : { version: target.slice(0, end), rest: target.slice(end) };
}

/** What stands after the text of every line, so that it belongs on a new one, too. */
function commonRest({ digest, links }: ChainText): string {
  const rest = digest?.rest ?? "";
  return [...links.values()].every((link) => link.rest === rest) ? rest : "";
}
