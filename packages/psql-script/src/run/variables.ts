import { parsePsqlBoolean } from "./psql-boolean.js";
import { specialVariables } from "./special-variables.js";

/** The names whose values change with every statement that is run. */
export const resultReference = /:(?:['"]|\{\?)?(?:ERROR|SQLSTATE|ROW_COUNT|LAST)/;

const variableName = /^[A-Za-z0-9_\u0080-\uffff]+$/;

/** The psql variables of a run. */
export class Variables {
  /** Some value refers to a variable that changes with every statement. */
  mentionsResults = false;
  readonly #values = new Map<string, string>();

  constructor() {
    for (const [name, { initial }] of specialVariables) {
      if (initial !== undefined) {
        this.#values.set(name, initial);
      }
    }
  }

  readonly get = (name: string): string | undefined => this.#values.get(name);

  /** Sets a variable. Returns why it cannot be, and then leaves it as it was. */
  set(name: string, value: string): string | undefined {
    if (!isVariableName(name)) {
      return `invalid variable name: "${name}"`;
    }
    const special = specialVariables.get(name);
    const effective = (value === "" ? special?.whenEmpty : undefined) ?? value;
    const refusal = special?.refuse(effective);
    if (refusal !== undefined) {
      return `unrecognized value "${value}" for "${name}": ${refusal}`;
    }
    this.#values.set(name, effective);
    this.mentionsResults ||= resultReference.test(effective);
    return undefined;
  }

  /** Sets one that tells of the statement that was run last, to a number or a word: nothing is to be checked. */
  note(name: "ERROR" | "SQLSTATE" | "ROW_COUNT" | "LASTOID", value: string): void {
    this.#values.set(name, value);
  }

  /** Removes a variable, if it exists; the special ones get their default. */
  unset(name: string): void {
    const value = specialVariables.get(name)?.whenUnset;
    if (value === undefined) {
      this.#values.delete(name);
    } else {
      this.#values.set(name, value);
    }
  }

  /** Whether a variable that holds a boolean is on. */
  isOn(name: "ON_ERROR_STOP" | "ON_ERROR_ROLLBACK"): boolean {
    return parsePsqlBoolean(this.get(name) ?? "") ?? false;
  }

  /** All of them, sorted by name. */
  list(): (readonly [string, string])[] {
    return [...this.#values].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** Tells whether psql takes a text for a variable's name. */
export function isVariableName(name: string): boolean {
  return variableName.test(name);
}
