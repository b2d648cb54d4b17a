import { PgMigError } from "@pg-mig/model";
import type { AlternativeHost, NodeDefaults, NodeSpec } from "./node-spec.js";

/**
 * Gives the addresses of `PGHOSTADDR` to the hosts that have none of their own, one to one in their
 * order, as libpq does for a list of hosts. Pure.
 *
 * @throws PgMigError `HOSTS_INVALID` if there are not as many of the one as of the other
 */
export function withHostAddresses(
  specs: readonly NodeSpec[],
  { parameters }: Pick<NodeDefaults, "parameters">,
): readonly NodeSpec[] {
  const { hostaddr = "" } = parameters ?? {};
  if (hostaddr === "") {
    return specs;
  }
  const addresses = hostaddr.split(",");
  const lacking = specs
    .flatMap((spec): AlternativeHost[] => [spec, ...(spec.alternatives ?? [])])
    .filter((host) => host.hostaddr === undefined);
  if (lacking.length === 0) {
    return specs;
  }
  if (lacking.length !== addresses.length) {
    throw new PgMigError(
      `PGHOSTADDR has ${addresses.length} addresses for ${lacking.length} hosts.`,
      { code: "HOSTS_INVALID", hint: "Give one address for each host, or unset PGHOSTADDR." },
    );
  }
  const addressed = <Host extends AlternativeHost>(host: Host): Host => {
    const address = addresses[lacking.indexOf(host)];
    return address ? { ...host, hostaddr: address } : host;
  };
  return specs.map((spec) => ({
    ...addressed(spec),
    ...(spec.alternatives && { alternatives: spec.alternatives.map(addressed) }),
  }));
}
