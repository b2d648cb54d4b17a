/** A JSON schema of a value. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A field that may be missing. */
interface OptionalField {
  readonly optional: JsonSchema;
}

/**
 * The schemas of all fields of a type. It compiles only if none is forgotten, none is there too many, and those
 * that may be missing are said to be optional: a new field of an event has to be named here.
 */
export type FieldSchemas<T> = {
  readonly [Key in keyof T]-?: undefined extends T[Key] ? OptionalField : JsonSchema;
};

export const text: JsonSchema = { type: "string" };
export const flag: JsonSchema = { type: "boolean" };
export const count: JsonSchema = { type: "integer", minimum: 0 };
export const milliseconds: JsonSchema = { type: "number", minimum: 0 };

/** One of some words. `all` has each word of the type as a key, so that none can be forgotten. */
export function oneOf<TWord extends string>(all: Readonly<Record<TWord, true>>): JsonSchema {
  return { enum: Object.keys(all) };
}

export function listOf(items: JsonSchema): JsonSchema {
  return { type: "array", items };
}

export function optional(schema: JsonSchema): OptionalField {
  return { optional: schema };
}

/** An object with these fields. Later releases may add some, so others are not forbidden. */
export function objectOf<T>(fields: FieldSchemas<T>): JsonSchema {
  const entries = Object.entries<JsonSchema | OptionalField>(fields);
  const schemas = entries.map(([name, field]) => [
    name,
    isOptional(field) ? field.optional : field,
  ]);
  return {
    type: "object",
    properties: Object.fromEntries(schemas),
    required: entries.filter(([, field]) => !isOptional(field)).map(([name]) => name),
  };
}

function isOptional(field: JsonSchema | OptionalField): field is OptionalField {
  return "optional" in field;
}
