import type { ErrorLocation } from "@pg-mig/errors";
import { type Line, line } from "./styled-line.js";

/** What there is to show of an error: a `PgMigError`, or an `ErrorInfo` of a run. */
export interface ShownError {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly where?: ErrorLocation | undefined;
  readonly excerpt?: string | undefined;
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

/** An error of its own, as stderr gets it: the message, then what {@link errorDetails} adds. */
export function renderError(error: ShownError): Line[] {
  const [first = "", ...rest] = error.message.split("\n");
  return [
    [{ text: "error: ", tone: "bad" }, { text: first }],
    ...rest.map((text) => line(`  ${text}`)),
    ...errorDetails(error, error.message),
  ];
}

/**
 * What belongs under the headline of an error, indented: the place, the source line with its caret,
 * what PostgreSQL said, and last what to do. What `headline` holds already is not said again.
 */
export function errorDetails(error: ShownError, headline: string): Line[] {
  const { server, hint, excerpt } = error;
  const place = renderPlace(error.where);
  return [
    ...(place === "" || headline.includes(place) ? [] : labelled("at", place)),
    ...(excerpt ?? "").split("\n").flatMap((text) => (text === "" ? [] : [line(`    ${text}`)])),
    ...(server === undefined || headline.includes(server.message)
      ? []
      : labelled("PostgreSQL", server.message)),
    ...labelled("SQLSTATE", server?.sqlState),
    ...labelled("detail", server?.detail),
    ...labelled("PostgreSQL's hint", server?.hint),
    ...labelled("context", server?.context),
    ...labelled("what to do", hint),
  ];
}

/** `file:line:column`, as far as it is known; empty without a file. */
export function renderPlace(where: ErrorLocation | undefined): string {
  const { file, line: lineNumber, column } = where ?? {};
  return file === undefined
    ? ""
    : [file, lineNumber, column].filter((part) => part !== undefined).join(":");
}

/** `label: text`, where the text has lines of its own these are indented below. */
function labelled(label: string, text: string | undefined): Line[] {
  if (text === undefined || text === "") {
    return [];
  }
  const [first = "", ...rest] = text.split("\n");
  return [
    [{ text: `  ${label}: `, tone: "quiet" }, { text: first }],
    ...rest.map((more) => line(`    ${more}`)),
  ];
}
