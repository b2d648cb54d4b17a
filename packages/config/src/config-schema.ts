import { configKey } from "./setting-definition.js";
import { settingDefinitions } from "./setting-table.js";

/** The JSON schema of a config file's object, for editors. Other keys are allowed. */
export function configSchema(): Readonly<Record<string, unknown>> {
  const properties = settingDefinitions.flatMap(([, definition]) => {
    const key = configKey(definition);
    const { type, help, shownDefault } = definition;
    const description = shownDefault === undefined ? help : `${help} (default: ${shownDefault})`;
    return key === undefined ? [] : [[key, { description, ...type.schema }] as const];
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "The settings of pg-mig",
    type: "object",
    properties: Object.fromEntries(properties),
    additionalProperties: true,
  };
}
