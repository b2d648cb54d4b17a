import { type DiscoverySource, hosts } from "@pg-mig/cluster";
import { type DiscoverySetting, importModule, renderSource, type Settings } from "@pg-mig/config";
import { PgMigError, wordsOf } from "@pg-mig/model";

/**
 * Makes the discovery sources that the settings name; where none is named, the host list is the
 * source. A package or file exports, as its default or as `source`, a discovery source, an array of
 * them, or a function that returns one of these, asynchronously or not.
 *
 * @throws PgMigError `DISCOVERY_NOT_LOADED` for a package or file that cannot be imported;
 * `DISCOVERY_INVALID` for what is no discovery source; `HOSTS_INVALID`. Each names where it was given.
 */
export async function loadSources({
  hosts: lists,
  discovery,
}: Pick<Settings, "hosts" | "discovery">): Promise<readonly DiscoverySource[]> {
  if (discovery === undefined) {
    return [hosts(lists)];
  }
  const given = renderSource(discovery.source);
  const loaded = discovery.entries.map(async (entry, index) =>
    typeof entry === "string"
      ? loadNamed(entry, discovery)
      : checkSource(entry, `Entry ${index + 1} of ${given}`),
  );
  const sources = (await Promise.all(loaded)).flat();
  if (sources.length > 0) {
    return sources;
  }
  throw new PgMigError(`There is no discovery source in ${given}.`, {
    code: "DISCOVERY_INVALID",
    hint: 'Name one, such as hosts("db1,db2"), or leave "discovery" out: then the hosts are the source.',
  });
}

async function loadNamed(
  specifier: string,
  { folder, source }: DiscoverySetting,
): Promise<DiscoverySource[]> {
  const what = `"${specifier}" (${renderSource(source)})`;
  let exported: unknown;
  try {
    const module = await importModule(specifier, { folder });
    exported = module.default ?? module.source;
    if (typeof exported === "function") {
      exported = await exported();
    }
  } catch (cause) {
    const words = wordsOf(cause);
    throw new PgMigError(
      `The discovery source ${what} cannot be loaded: ${words.split("\n", 1)[0]?.replace(/[.\s]+$/, "")}.`,
      {
        code: "DISCOVERY_NOT_LOADED",
        hint: `Install the package, or correct the path of the file; both are looked for from ${folder}.`,
        cause,
      },
    );
  }
  return [exported].flat().map((each) => checkSource(each, `What ${what} exports`));
}

function checkSource(value: unknown, subject: string): DiscoverySource {
  if (isSource(value)) {
    return value;
  }
  throw new PgMigError(`${subject} is no discovery source.`, {
    code: "DISCOVERY_INVALID",
    hint: 'It must be an object with "name" and "discover". A package or file exports it, or a function that makes it, as its default or as "source".',
  });
}

function isSource(value: unknown): value is DiscoverySource {
  return (
    typeof value === "object" &&
    value !== null &&
    "name" in value &&
    typeof value.name === "string" &&
    "discover" in value &&
    typeof value.discover === "function"
  );
}
