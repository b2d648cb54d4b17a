import { PgMigError, wordsOf } from "@pg-mig/model";
import { specFromParameters } from "./libpq-spec.js";
import type { NodeDefaults, NodeSpec } from "./node-spec.js";
import { readService } from "./service-file.js";

/**
 * Fills in what a node's connection string leaves to a service, as libpq does: the string wins over
 * the service, and the service over the defaults.
 *
 * @throws PgMigError `SERVICE_INVALID`
 */
export async function withService(spec: NodeSpec, defaults: NodeDefaults): Promise<NodeSpec> {
  const { service, ...parameters } = spec.parameters ?? {};
  if (service === undefined) {
    return spec;
  }
  const other = defaults.parameters?.service;
  if (other !== undefined && other !== service) {
    throw new PgMigError(
      `A node names the service "${service}", and PGSERVICE the service "${other}".`,
      { code: "SERVICE_INVALID", hint: "Unset PGSERVICE." },
    );
  }
  const { path, parameters: found } = await readService(service, defaults.serviceFiles ?? []);
  let given: NodeSpec;
  try {
    given = specFromParameters(found);
  } catch (error) {
    const words = wordsOf(error);
    throw new PgMigError(`The service "${service}" in ${path} cannot be used: ${words}.`, {
      code: "SERVICE_INVALID",
      hint: "Correct it.",
    });
  }
  const place = isPlaced(spec)
    ? { host: spec.host, hostaddr: spec.hostaddr, alternatives: spec.alternatives }
    : { host: given.host, hostaddr: given.hostaddr, alternatives: given.alternatives };
  return definedOnly({
    ...given,
    ...spec,
    ...place,
    port: spec.port ?? given.port,
    parameters: { ...given.parameters, ...parameters },
  });
}

function isPlaced({ host, hostaddr, alternatives }: NodeSpec): boolean {
  return host !== "" || hostaddr !== undefined || alternatives !== undefined;
}

/** Without members that are there and undefined. */
function definedOnly(
  spec: { readonly host: string } & { readonly [Name in keyof NodeSpec]: unknown },
): NodeSpec {
  return Object.fromEntries(
    Object.entries(spec).filter(([, value]) => value !== undefined),
  ) as unknown as NodeSpec;
}
