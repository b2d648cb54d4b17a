import { readFile } from "node:fs/promises";
import { findLibpqOption, PgMigError, type ServiceFile, wordsOf } from "@pg-mig/model";
import type { Parameters } from "./conninfo.js";
import { mustNotBeEmpty } from "./libpq-spec.js";

/**
 * Finds a service in the text of a `pg_service.conf`: lines `keyword=value` after a line `[name]`.
 * Of a keyword that is there twice the first line counts. Pure.
 *
 * @returns `undefined`: the text has no such service
 * @throws Error that names the line and shows none of it
 */
export function findService(text: string, name: string): Parameters | undefined {
  let service: Record<string, string> | undefined;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) {
      continue;
    }
    if (line.startsWith("[")) {
      if (service !== undefined) {
        return service;
      }
      if (line.startsWith(`[${name}]`)) {
        service = {};
      }
      continue;
    }
    if (service === undefined) {
      continue;
    }
    const place = `line ${index + 1}`;
    if (/^ldap/.test(line)) {
      throw new Error(`${place} looks services up by LDAP, which pg-mig does not speak`);
    }
    const [keyword = "", ...value] = line.split("=");
    if (value.length === 0) {
      throw new Error(`${place} has no "="`);
    }
    if (keyword === "service" || keyword === "servicefile") {
      throw new Error(`${place} names another service, which libpq does not allow`);
    }
    if (findLibpqOption(keyword)?.keyword !== keyword) {
      throw new Error(`${place} has a keyword that libpq does not know`);
    }
    if (value.join("=") === "" && mustNotBeEmpty(keyword)) {
      throw new Error(`${place} says nothing after ${keyword}=`);
    }
    service[keyword] ??= value.join("=");
  }
  return service;
}

/**
 * Reads a service from the first of the files that has it, as libpq does.
 *
 * @throws PgMigError `SERVICE_INVALID`, without any value of the file
 */
export async function readService(
  name: string,
  files: readonly ServiceFile[],
): Promise<{ readonly path: string; readonly parameters: Parameters }> {
  for (const { path, isRequired } of files) {
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text === undefined) {
      if (isRequired) {
        throw invalid(`The service file ${path} cannot be read.`, "Correct PGSERVICEFILE.");
      }
      continue;
    }
    let parameters: Parameters | undefined;
    try {
      parameters = findService(text, name);
    } catch (error) {
      const words = wordsOf(error);
      throw invalid(`The service "${name}" in ${path} cannot be used: ${words}.`, "Correct it.");
    }
    if (parameters !== undefined) {
      return { path, parameters };
    }
  }
  const looked = files.map(({ path }) => path).join(", ");
  throw invalid(
    `The service "${name}" is not defined.`,
    `Define it in one of the service files${looked === "" ? "" : ` (${looked})`}, or correct PGSERVICE.`,
  );
}

function invalid(message: string, hint: string): PgMigError {
  return new PgMigError(message, { code: "SERVICE_INVALID", hint });
}
