import type { Line } from "./styled-line.js";

/** What the user should look at, and what stops nothing: a line each. */
export function warningLines(warnings: readonly { readonly message: string }[]): Line[] {
  return warnings.map(({ message }) => [{ text: "warning: ", tone: "caution" }, { text: message }]);
}
