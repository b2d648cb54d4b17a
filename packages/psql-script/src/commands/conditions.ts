import { parsePsqlBoolean } from "../run/psql-boolean.js";
import type { CommandCall } from "./command-call.js";

/** `\if`, `\elif`, `\else` and `\endif`. They act in skipped branches, too. */
export async function branch(call: CommandCall): Promise<void> {
  const { conditions, cursor } = call.file;
  const { name, mark } = call;
  if (name === "if") {
    conditions.open(await condition(call, "if"), mark, call.offset);
  } else {
    const holds = name !== "elif" || (await condition(call, "elif"));
    const result =
      name === "endif" ? conditions.close() : conditions.next(name as "elif" | "else", holds, mark);
    if (typeof result === "string") {
      throw call.fail(result);
    }
    if (result !== undefined) {
      cursor.query.truncate(result.length);
      cursor.lexer.parenDepth = result.parenDepth;
    }
  }
  cursor.active = conditions.active;
}

async function condition(call: CommandCall, command: "if" | "elif"): Promise<boolean> {
  if (!call.file.conditions.decides(command)) {
    call.arguments.leftover();
    return false;
  }
  const expression = (await call.arguments.rest()).join(" ");
  const value = parsePsqlBoolean(expression);
  if (value !== undefined) {
    return value;
  }
  const message = `"${expression}" is no boolean`;
  if (!call.file.script.psqlCompat) {
    throw call.fail(message, {
      hint: "Compute the condition in SQL, take it with \\gset, and test the variable: psql has no operators.",
    });
  }
  call.warn(message);
  return false;
}
