import type { QueryBuffer } from "../read/query-buffer.js";
import type { QueryOutcome } from "../run/simple-query.js";
import { specialVariables } from "../run/special-variables.js";
import type { CommandCall } from "./command-call.js";

/** `\g` and `\gx`: sends the query. Options for printing are dropped. */
export async function sendQuery(call: CommandCall): Promise<void> {
  const target = await call.arguments.next();
  if (target?.startsWith("(")) {
    call.arguments.leftover();
  } else if (target !== undefined) {
    throw call.refuse(
      "results cannot be written to a file or a command",
      "Use \\copy (query) to 'file'.",
    );
  }
  const query = takeQuery(call);
  await call.file.sender.send(query);
}

/** `\crosstabview [column …]`: sends the query, whose result must have three columns. */
export async function crossTabulate(call: CommandCall): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await call.arguments.next();
  }
  const query = takeQuery(call);
  const outcome = await call.file.sender.send(query, { noteLater: true });
  if (outcome === undefined) {
    return;
  }
  if (outcome.columns !== undefined && outcome.columns.length < 3) {
    throw call.fail("the query must return at least three columns");
  }
  call.run.noteSuccess(outcome);
}

/** `\gset [prefix]`: the columns of the one row become variables. */
export async function setFromQuery(call: CommandCall): Promise<void> {
  const prefix = (await call.arguments.next()) ?? "";
  const query = takeQuery(call);
  const outcome = await call.file.sender.send(query, { rows: "keep", noteLater: true });
  if (outcome === undefined) {
    return;
  }
  storeRow(call, outcome, prefix);
  call.run.noteSuccess(outcome);
}

function storeRow(call: CommandCall, outcome: QueryOutcome, prefix: string): void {
  if (outcome.columns === undefined) {
    return;
  }
  const [row, ...more] = outcome.rows;
  if (row === undefined) {
    throw call.fail("no rows returned for \\gset");
  }
  if (more.length > 0) {
    throw call.fail("more than one row returned for \\gset");
  }
  const { variables } = call.run;
  for (const [i, column] of outcome.columns.entries()) {
    const name = prefix + column;
    if (specialVariables.has(name)) {
      call.warn(`\\gset does not change the special variable "${name}"`);
      continue;
    }
    const value = row[i] ?? undefined;
    if (value === undefined) {
      variables.unset(name);
    }
    const refusal = value === undefined ? undefined : variables.set(name, value);
    if (refusal !== undefined) {
      throw call.fail(refusal);
    }
  }
}

/**
 * `\gexec`: each value of the result is a message of its own, row by row. If all of them succeed,
 * the variables tell of the query itself, as in psql; otherwise of the last value.
 */
export async function executeResults(call: CommandCall): Promise<void> {
  const query = takeQuery(call);
  const start = query.sourceOffset(0);
  const { file } = call;
  const outcome = await file.sender.send(query, { rows: "keep", noteLater: true });
  if (outcome === undefined) {
    return;
  }
  const options = { onCopyIn: file.sender.copyData };
  let succeeded = true;
  for (const cell of outcome.rows.flat()) {
    if (cell !== null) {
      const done = await file.attempt(() => file.sender.sendText(cell, start, options));
      succeeded &&= done;
    }
  }
  if (succeeded) {
    call.run.noteSuccess(outcome);
  }
}

/** `\gdesc`: would describe the result, and runs nothing. */
export function describeQuery(call: CommandCall): void {
  takeQuery(call);
}

/** `\r`: forgets the query that is being put together. */
export function resetQuery({ file }: CommandCall): void {
  file.cursor.takeQuery();
  file.cursor.lexer.reset();
}

/** `\q`: ends this file. */
export async function quit(call: CommandCall): Promise<void> {
  call.arguments.leftover();
  call.file.quit();
}

/** The query to run by force: what was put together, or else the one before. */
function takeQuery({ file }: CommandCall): QueryBuffer {
  const { cursor } = file;
  const own = cursor.query.length > 0 ? undefined : file.sender.previous;
  const query = own ?? cursor.takeQuery();
  file.sender.previous = query;
  cursor.lexer.reset();
  return query;
}
