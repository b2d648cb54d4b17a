import { type DriftOptions, type IgnoredItem, itemKinds } from "@pg-mig/migrate";
import { commandLineError, suggestion } from "./command-line-error.js";

/** The options of `drift`, as they were typed. */
export interface DriftFlags {
  readonly against?: string | undefined;
  readonly include?: string | undefined;
  readonly ignore?: readonly string[] | undefined;
}

/**
 * Reads the options of `drift`. An empty value counts as not given.
 *
 * @throws PgMigError `COMMAND_LINE_INVALID`
 */
export function parseDriftFlags({
  against = "",
  include = "",
  ignore = [],
}: DriftFlags): Pick<DriftOptions, "against" | "access" | "ignore"> {
  const shard = /^shard=(.+)$/s.exec(against)?.[1];
  if (shard === undefined && !["", "majority", "files"].includes(against)) {
    throw commandLineError(
      `--against takes "majority", "files" or "shard=NAME", not "${against}".`,
      suggestion(
        against,
        ["majority", "files", "shard=NAME"],
        "Leave it out to compare with what most shards have.",
      ),
    );
  }
  if (include !== "" && include !== "access") {
    throw commandLineError(
      `--include takes "access", not "${include}".`,
      suggestion(include, ["access"], "Leave it out: owners and privileges do not count then."),
    );
  }
  if (include === "access" && against === "files") {
    throw commandLineError(
      "--include=access and --against=files exclude each other.",
      "On a scratch database all belongs to whoever runs the files: compare access with --against=majority.",
    );
  }
  const from = against === "files" ? "files" : "majority";
  return {
    against: shard === undefined ? { from } : { from: "shard", shard },
    access: include === "access" ? "yes" : "no",
    ignore: ignore.flatMap(parseIgnored),
  };
}

/** Takes a list apart at its commas, but not at those between the arguments of a routine. */
function parseIgnored(list: string): IgnoredItem[] {
  return (list.match(/(?:\([^)]*\)|[^,(]|\()+/g) ?? [])
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map((text) => {
      const [, kind = "", path] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
      if (!itemKinds.includes(kind)) {
        throw commandLineError(
          `--ignore names no kind of items: "${kind}".`,
          suggestion(kind, itemKinds, `There are: ${itemKinds.join(", ")}.`),
        );
      }
      return path === undefined ? { kind } : { kind, path };
    });
}
