/**
 * How the rest of a command is read:
 * - `words`: arguments between blanks, with quotes, variables and backticks;
 * - `file-or-pipe`: as words, but an argument that begins with `|` takes the rest of the line;
 * - `line`: the rest of the line as it is, whose backslashes end nothing.
 */
export type ArgumentStyle = "words" | "file-or-pipe" | "line";

/** What becomes of a psql command in a script. */
export type CommandRule = {
  readonly style: ArgumentStyle;
  /** Semicolons at the end of an argument are dropped. */
  readonly dropsSemicolon?: boolean;
} & (
  | { readonly verdict: "run" }
  /** Read, and nothing else: it only changes what psql shows. */
  | { readonly verdict: "ignore" }
  /** Cannot work in a script that runs over the driver. */
  | { readonly verdict: "refuse"; readonly why: string; readonly instead: string }
);

const rules = new Map<string, CommandRule>();

function add(names: string, rule: CommandRule): void {
  for (const name of names.split(" ")) {
    rules.set(name, rule);
  }
}

function refuse(names: string, why: string, instead: string, style: ArgumentStyle = "words"): void {
  add(names, { verdict: "refuse", style, why, instead });
}

add("set unset echo qecho warn getenv setenv if elif else endif encoding", {
  verdict: "run",
  style: "words",
});
add("gset gexec gdesc crosstabview r reset p print q quit", { verdict: "run", style: "words" });
add("i include ir include_relative cd restrict unrestrict", {
  verdict: "run",
  style: "words",
  dropsSemicolon: true,
});
add("g gx", { verdict: "run", style: "file-or-pipe" });
add("o out", { verdict: "run", style: "file-or-pipe", dropsSemicolon: true });
add("copy !", { verdict: "run", style: "line" });

add("pset timing f T", { verdict: "ignore", style: "words" });
add("a H html t C x conninfo copyright errverbose ? s", {
  verdict: "ignore",
  style: "words",
  dropsSemicolon: true,
});
add("z zS zx zSx zxS l list lx listx l+ list+ lx+ listx+ l+x list+x", {
  verdict: "ignore",
  style: "words",
  dropsSemicolon: true,
});
add("h help sf sf+ sv sv+", { verdict: "ignore", style: "line" });

refuse(
  "c connect",
  "another session has another transaction, other locks and another search_path",
  "Remove it, and choose the database where the script is run; use pg_dump without --create.",
);
refuse("prompt password", "there is no terminal to ask", "Pass the value as a variable.");
refuse("e edit ef ev", "there is no editor", "Write the statement into the file.", "line");
refuse("w write", "it writes a file", "Remove it.", "file-or-pipe");
refuse("watch", "it repeats a query for ever", "Use a loop in a DO block.");
refuse(
  "lo_import lo_export",
  "large objects are transferred by another protocol",
  "Use lo_from_bytea() and lo_get() in SQL.",
);
refuse("lo_unlink", "large objects are not supported", "Use SELECT lo_unlink(oid).");
refuse(
  "bind bind_named parse close_prepared",
  "the extended query protocol is not supported",
  "Write the values into the statement, or use PREPARE and EXECUTE.",
);
refuse(
  "startpipeline syncpipeline sendpipeline endpipeline flush flushrequest getresults",
  "pipelines are not supported",
  "Remove it: statements without commands between them travel together anyway.",
);

/**
 * The listings of psql 18, with what it takes for one: it looks at no more than the letters here, so
 * that `\dtable` is `\dt`, but `\drop` and `\delete` do not exist.
 */
const listing =
  /^(?:lo_list|d(?:$|[+SabcCdDgilLmEnoOpstTuvxXy]|A(?:$|[+xcfop])|e[suwt]|f(?:$|[+Sanptwx])|F(?:$|[+xpdt])|P(?:$|[+tinx])|r(?:ds|g)|R[ps]))/;

/** The rule for a command, or undefined where psql has no such command. Names are case-sensitive, but for `copy`. */
export function commandRule(name: string): CommandRule | undefined {
  const rule = rules.get(name);
  if (rule !== undefined) {
    return rule;
  }
  if (name.toLowerCase() === "copy") {
    return rules.get("copy");
  }
  if (listing.test(name)) {
    return { verdict: "ignore", style: "words", dropsSemicolon: true };
  }
  return undefined;
}
