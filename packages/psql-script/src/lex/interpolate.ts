import { quoteIdentifier, quoteLiteral } from "@pg-mig/model";

/** The value of a variable, or undefined where it is not set. */
export type VariableLookup = (name: string) => string | undefined;

/**
 * What a variable reference in SQL text becomes: a value that is read as if it stood there, or text
 * that is taken as it is.
 */
export type Expansion =
  | { readonly kind: "value"; readonly name: string; readonly value: string }
  | { readonly kind: "text"; readonly text: string };

/**
 * Expands `:name`, `:'name'`, `:"name"` or `:{?name}`; undefined where the variable is not set, which
 * leaves the reference as it is.
 */
export function interpolate(reference: string, lookup: VariableLookup): Expansion | undefined {
  const form = reference.charAt(1);
  const name = referenceName(reference);
  const value = lookup(name);
  if (form === "{") {
    return { kind: "text", text: value === undefined ? "FALSE" : "TRUE" };
  }
  if (value === undefined) {
    return undefined;
  }
  if (form === "'") {
    return { kind: "text", text: quoteLiteral(value) };
  }
  if (form === '"') {
    return { kind: "text", text: quoteIdentifier(value) };
  }
  return { kind: "value", name, value };
}

/** The variable that a reference in any of the four forms is about. */
export function referenceName(reference: string): string {
  const form = reference.charAt(1);
  if (form === "{") {
    return reference.slice(3, -1);
  }
  return form === "'" || form === '"' ? reference.slice(2, -1) : reference.slice(1);
}
