import type { Resolver } from "node:dns/promises";

/** All addresses of a name, of both kinds; one kind may be missing. */
export async function addressesOf(resolver: Resolver, name: string): Promise<string[]> {
  const found = await Promise.all([
    resolver.resolve4(name).catch(noneIfNoData),
    resolver.resolve6(name).catch(noneIfNoData),
  ]);
  const addresses = found.flat();
  if (addresses.length === 0) {
    throw noRecords("A or AAAA", name);
  }
  return addresses;
}

/** The error for a name that has no records of a kind. */
export function noRecords(kind: string, name: string): Error {
  return new Error(`There is no ${kind} record for ${name}.`);
}

/** Only "the name has no such record" is no failure; a server that does not answer is one. */
function noneIfNoData(error: unknown): string[] {
  if (error instanceof Error && "code" in error && error.code === "ENODATA") {
    return [];
  }
  throw error;
}
