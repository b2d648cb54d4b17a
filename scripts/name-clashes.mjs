// Finds names that stand for different things in different packages: a reader of both cannot tell them
// apart, and a program that uses both has to rename one.
import { posix } from "node:path";

/**
 * Gives a sentence for each name that stands for several declarations: of all that others can import,
 * and of the types that any two files export.
 *
 * @param packages of each package its name, its `entries`, which others can import, and its `sources`,
 * all as paths of source files
 * @param read gives the text of a source file; it writes out all of its exports, as the linter wants it
 */
export function nameClashes(packages, read) {
  const context = { entries: new Map(packages.map(({ name, entries }) => [name, entries])), read };
  const places = new Map();
  const add = (name, place) => places.set(name, (places.get(name) ?? new Set()).add(place));
  for (const { entries, sources } of packages) {
    for (const file of entries) {
      for (const found of exportsOf(read(file))) {
        add(found.name, declarationOf(file, found, context));
      }
    }
    for (const file of sources) {
      for (const { name, isType } of declarationsOf(read(file))) {
        if (isType) {
          add(name, `${name} of ${file}`);
        }
      }
    }
  }
  return [...places]
    .filter(([, found]) => found.size > 1)
    .map(([name, found]) => `${name} stands for different things: ${[...found].join(", ")}`)
    .sort();
}

/** The declaration that an export of `file` leads to. */
function declarationOf(file, { local, from }, context) {
  if (from === undefined) {
    return `${local} of ${file}`;
  }
  const files = from.startsWith(".")
    ? [posix.join(posix.dirname(file), from.replace(/\.js$/, ".ts"))]
    : (context.entries.get(from) ?? []);
  for (const next of files) {
    const found = exportsOf(context.read(next)).find(({ name }) => name === local);
    if (found !== undefined) {
      return declarationOf(next, found, context);
    }
  }
  return `${local} of ${from}`;
}

/** What a file exports: each name, what it is called where it comes from, and which module that is. */
function exportsOf(text) {
  const lists = text.matchAll(/^export (?:type )?\{([^}]*)\}(?: from "([^"]+)")?/gm);
  const listed = [...lists].flatMap(([, names, from]) =>
    names
      .split(",")
      .map((item) => item.trim().replace(/^type /, ""))
      .filter((item) => item !== "")
      .map((item) => {
        const [local, name = local] = item.split(" as ");
        return { name, local, from };
      }),
  );
  const declared = declarationsOf(text).map(({ name }) => ({ name, local: name, from: undefined }));
  return [...listed, ...declared];
}

function declarationsOf(text) {
  const declaration =
    /^export (?:abstract |async )?(interface|type|class|function\*?|const|let|enum) (\w+)/gm;
  return [...text.matchAll(declaration)].map(([, kind, name]) => ({
    name,
    isType: ["interface", "type", "class", "enum"].includes(kind),
  }));
}
