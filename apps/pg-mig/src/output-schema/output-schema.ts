import { answerSchemas } from "./answer-schemas.js";
import { eventSchemas } from "./event-schemas.js";
import type { JsonSchema } from "./json-schema.js";
import { reportSchema, sharedSchemas } from "./report-schema.js";

/**
 * The JSON schema of every line of `--json`; `#/$defs/report` is that of the file that `--report` writes. A new
 * type of event has its place in `event-schemas.ts`, another object that a command prints in
 * `answer-schemas.ts`: the compiler asks for the first.
 */
export function outputSchema(): JsonSchema {
  const lines: Readonly<Record<string, JsonSchema>> = { ...eventSchemas, ...answerSchemas };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "What pg-mig --json prints: each line is one of these",
    type: "object",
    required: ["type"],
    anyOf: Object.keys(lines).map((type) => ({ $ref: `#/$defs/${type}` })),
    $defs: {
      ...Object.fromEntries(
        Object.entries(lines).map(([type, { properties, required, ...schema }]) => [
          type,
          {
            ...schema,
            properties: { type: { const: type }, ...(properties as object) },
            required: ["type", ...(required as string[])],
          },
        ]),
      ),
      report: reportSchema,
      ...sharedSchemas,
    },
  };
}
