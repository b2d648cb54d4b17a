import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

type Json = Readonly<Record<string, unknown>>;

const shipped: Json = JSON.parse(
  readFileSync(new URL("../output.schema.json", import.meta.url), "utf8"),
);

/** Programs ignore fields that they do not know. What we print ourselves has none that the schema does not name. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) {
    return schema.map(closed);
  }
  if (typeof schema !== "object" || schema === null) {
    return schema;
  }
  const parts = Object.entries(schema).map(([key, value]) => [key, closed(value)]);
  const isObject = "properties" in schema && "required" in schema;
  return { ...Object.fromEntries(parts), ...(isObject ? { additionalProperties: false } : {}) };
}

// Each process judges a few lines by each definition: quicker code would not pay for its making.
const quickToMake = { inlineRefs: false, code: { optimize: false } };
const ajv = new Ajv2020({ strict: false, validateFormats: false, ...quickToMake }).addSchema(
  closed({ ...shipped, $id: "output" }) as Json,
);
const validators = new Map<string, ValidateFunction>();

/** What is wrong with a value by a definition of the schema; undefined: nothing. */
function wrongBy(definition: string, value: unknown): string | undefined {
  let validate = validators.get(definition);
  if (validate === undefined) {
    const defs = shipped.$defs as Json;
    if (defs[definition] === undefined) {
      return "the schema does not know this type";
    }
    validate = ajv.compile({ $ref: `output#/$defs/${definition}` });
    validators.set(definition, validate);
  }
  return validate(value) ? undefined : ajv.errorsText(validate.errors);
}

/** Throws if a line that `--json` printed does not fit the schema that the package ships. */
export function judgeLines(stdout: string): void {
  // A command that was killed may have left half a line.
  for (const line of stdout.split("\n").slice(0, -1)) {
    const value: Json = JSON.parse(line);
    const wrong = wrongBy(String(value.type), value);
    if (wrong !== undefined) {
      throw new Error(`A line does not fit apps/pg-mig/output.schema.json: ${wrong}\n${line}`);
    }
  }
}

/**
 * Looks at the report files that a command is about to write, and gives what throws after its end if one of them
 * was written and does not fit the schema.
 */
export function reportJudge(args: readonly string[], cwd: string): () => void {
  const paths = args.flatMap((arg) => {
    const path = /^--report=(.*\.json)$/.exec(arg)?.[1];
    return path === undefined ? [] : [resolve(cwd, path)];
  });
  const identity = (path: string) => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found?.isFile() ? found.ino : undefined;
  };
  const before = paths.map(identity);
  return () => {
    for (const [index, path] of paths.entries()) {
      const now = identity(path);
      // A report is a new file that is given the name.
      if (now === undefined || now === before[index]) {
        continue;
      }
      const value: Json = JSON.parse(readFileSync(path, "utf8"));
      const wrong = wrongBy(String(value.type ?? "report"), value);
      if (wrong !== undefined) {
        throw new Error(`${path} does not fit apps/pg-mig/output.schema.json: ${wrong}`);
      }
    }
  };
}
