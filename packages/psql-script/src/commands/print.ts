import type { CommandCall } from "./command-call.js";

/** `\echo`, `\qecho` and `\warn`. */
export async function print(call: CommandCall): Promise<void> {
  const { run, arguments: words } = call;
  const suppressible = words.nextIsPlain;
  const texts = await words.rest();
  const noLineEnd = suppressible && texts[0] === "-n";
  const text = (noLineEnd ? texts.slice(1) : texts).join(" ") + (noLineEnd ? "" : "\n");
  if (call.name === "qecho") {
    run.output.writeResult(text);
  } else {
    run.output.write(text, call.name === "warn" ? "stderr" : "stdout");
  }
}

/** `\p`: prints the query that is being put together, or the one before. */
export function printQuery({ run, file }: CommandCall): void {
  const query = file.cursor.query.length > 0 ? file.cursor.query : file.sender.previous;
  const text = query?.toString() ?? "";
  if (text !== "") {
    run.output.write(`${text}\n`, "stdout");
  }
}

/** `\o`: results go nowhere, or again to where they went at first. */
export async function redirectResults(call: CommandCall): Promise<void> {
  const target = await call.arguments.next();
  if (target?.startsWith("|")) {
    throw call.refuse("a command that takes the results is not supported", "Remove the command.");
  }
  if (target !== undefined && target !== "/dev/null") {
    call.warn(`results are not written to "${target}"; they are dropped`);
  }
  call.run.output.muted = target !== undefined;
}
