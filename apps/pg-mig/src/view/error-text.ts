import { bugHint, type ErrorLocation, type Problem, renderLocation } from "@pg-mig/model";
import { spelledOut } from "./setting-spelling.js";
import { shortened } from "./shortened.js";
import { type Line, line } from "./styled-line.js";

/** What there is to show of an error: a `PgMigError`, or an `ErrorInfo` of a run. */
export interface ShownError {
  readonly code?: string | undefined;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly where?: ErrorLocation | undefined;
  readonly excerpt?: string | undefined;
  /** The single problems, where several were found at once. */
  readonly problems?: readonly Problem[] | undefined;
  readonly server?:
    | {
        readonly sqlState?: string | undefined;
        readonly message: string;
        readonly detail?: string | undefined;
        readonly hint?: string | undefined;
        readonly context?: string | undefined;
      }
    | undefined;
}

/**
 * An error as text: a headline of what failed and the message, and indented under it the place, the
 * source line with its caret, what PostgreSQL said, what to do, the single problems where several were
 * found at once, and how to read about its code. Nothing is said twice.
 */
export function renderError(error: ShownError, subject = "error"): Line[] {
  const { code, server, excerpt } = error;
  const message = spelledOut(error.message);
  const hint = spelledOut(error.hint);
  const [headline = "", ...rest] = shortened(message).split("\n");
  const place = renderLocation(error.where);
  return [
    [{ text: `${subject}: `, tone: "bad" }, { text: headline }],
    ...rest.map((text) => line(`  ${text}`)),
    ...(message.includes(place) ? [] : labelled("at", place)),
    ...shortened(excerpt ?? "")
      .split("\n")
      .flatMap((text) => (text === "" ? [] : [[{ text: `    ${text}`, wrap: "never" as const }]])),
    ...(server === undefined || message.includes(server.message)
      ? []
      : labelled("PostgreSQL", server.message)),
    ...labelled("SQLSTATE", server?.sqlState),
    ...labelled("detail", server?.detail),
    ...(hint?.includes(server?.hint ?? "") === true
      ? []
      : labelled("PostgreSQL's hint", server?.hint)),
    ...labelled("context", server?.context),
    ...labelled("what to do", hint),
    ...(error.problems ?? [])
      .filter((problem) => !error.message.includes(withPlace(problem)))
      .flatMap(problemLines),
    ...(code === undefined ? [] : labelled("more", `pg-mig help ${code}`)),
  ];
}

function withPlace({ message, where }: Problem): string {
  const place = renderLocation(where);
  return place === "" || message.includes(place) ? message : `${place}: ${message}`;
}

function problemLines(problem: Problem): Line[] {
  const hint = spelledOut(problem.hint);
  const [first = "", ...rest] = shortened(spelledOut(withPlace(problem))).split("\n");
  return [
    line(`  - ${first}`),
    ...rest.map((text) => line(`    ${text}`)),
    ...labelled("what to do", hint).map((spans) => [{ text: "  " }, ...spans]),
  ];
}

/** `label: text`, where the text has lines of its own these are indented below. */
function labelled(label: string, text: string | undefined): Line[] {
  if (text === undefined || text === "") {
    return [];
  }
  const [first = "", ...rest] = shortened(text).split("\n");
  return [
    [{ text: `  ${label}: `, tone: "quiet" }, { text: first }],
    ...rest.map((more) => line(`    ${more}`)),
  ];
}

/** An error that is a bug of the tool, with what to do. `program` says which version of it ran, and on what. */
export function bugLines(error: unknown, program: string): Line[] {
  return [
    [{ text: "bug: ", tone: "bad" }, { text: shortened(String(error)) }],
    ...labelled("program", program),
    ...labelled("what to do", spelledOut(bugHint)),
  ];
}
