import { join } from "node:path";
import { findLibpqOption, type ServiceFile } from "@pg-mig/model";
import type { ConfigLayer } from "./config-layer.js";
import { findWritten } from "./find-given.js";
import { text } from "./setting-types.js";

/** Reads a service from the first of the files that defines it. */
export type ReadService = (
  name: string,
  files: readonly ServiceFile[],
) => Promise<{ readonly path: string; readonly parameters: Readonly<Record<string, string>> }>;

/** Where libpq is built to look, by PostgreSQL's packages for the systems. */
const systemDirectories: readonly string[] = [
  "/etc/postgresql-common",
  "/etc/sysconfig/pgsql",
  "/etc",
];

interface Places {
  readonly layers: readonly ConfigLayer[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The files in which services are looked for, in libpq's order. Pure. */
export function serviceFiles(places: Places, home: string): readonly ServiceFile[] {
  const named = findWritten({ variable: "PGSERVICEFILE" }, places);
  const directory = findWritten({ variable: "PGSYSCONFDIR" }, places);
  const directories = directory === undefined ? systemDirectories : [text.read(directory)];
  return [
    named === undefined
      ? { path: join(home, ".pg_service.conf"), isRequired: false }
      : { path: text.read(named), isRequired: true },
    ...directories.map((path) => ({ path: join(path, "pg_service.conf"), isRequired: false })),
  ];
}

/**
 * Puts the service that `PGSERVICE` names among the config files: stronger than what names it, as in
 * libpq, and weaker than all that is stronger than that.
 */
export async function withServiceLayer(
  places: Places,
  { home, readService }: { readonly home: string; readonly readService: ReadService },
): Promise<readonly ConfigLayer[]> {
  const given = findWritten({ variable: "PGSERVICE" }, places);
  if (given === undefined) {
    return places.layers;
  }
  const { source } = given;
  const { path, parameters } = await readService(text.read(given), serviceFiles(places, home));
  const config: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(parameters)) {
    config[findLibpqOption(keyword)?.variable ?? keyword] = value;
  }
  const { host, port } = parameters;
  if (host) {
    // Its hosts are servers of one node, and not nodes.
    config.PGHOST = [`host=${quoted(host)}${port ? ` port=${quoted(port)}` : ""}`];
  }
  if (port?.includes(",")) {
    delete config.PGPORT;
  }
  const layer: ConfigLayer = { path, config, isService: true };
  const below =
    source.kind === "file" ? places.layers.findIndex((one) => one.path === source.path) + 1 : 0;
  return places.layers.toSpliced(below, 0, layer);
}

function quoted(value: string): string {
  return `'${value.replace(/[\\']/g, "\\$&")}'`;
}
