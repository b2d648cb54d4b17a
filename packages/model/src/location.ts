import type { ErrorLocation } from "./pg-mig-error.js";

/** `file:line:column`, as far as it is known; empty without a file. */
export function renderLocation(where: ErrorLocation | undefined): string {
  const { file, line: lineNumber, column } = where ?? {};
  return file === undefined
    ? ""
    : [file, lineNumber, column].filter((part) => part !== undefined).join(":");
}
