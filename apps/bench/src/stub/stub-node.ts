/** What one node of the stub remembers: schemas, and the constant functions that were stored in them. */
export class StubNode {
  readonly systemIdentifier: string;
  readonly schemas: readonly string[];
  /** The stored texts, by schema and name. */
  readonly #functions = new Map<string, string>();
  readonly #pids = new Set<number>();

  constructor(systemIdentifier: string, schemas: readonly string[]) {
    this.systemIdentifier = systemIdentifier;
    this.schemas = schemas;
  }

  /** The processes that its clients are connected to. */
  get pids(): Set<number> {
    return this.#pids;
  }

  store(schema: string, name: string, text: string): void {
    this.#functions.set(`${schema}.${name}`, keepOne(text));
  }

  /** Rows of schema, oid, name and text: of every schema at least one. */
  *ledgerRows(): Generator<readonly (string | null)[]> {
    for (const [i, schema] of ["public", ...this.schemas].entries()) {
      const names =
        schema === "public"
          ? ["mig_digest_const", "mig_rerun_fingerprint_const"]
          : ["mig_versions_const"];
      const stored = names.flatMap((name) => {
        const text = this.#functions.get(`${schema}.${name}`);
        return text === undefined ? [] : [[schema, String(16384 + i), name, text]];
      });
      yield* stored.length > 0 ? stored : [[schema, String(16384 + i), null, null]];
    }
  }

  /** Rows of name, text and the schemas that have it, as JSON. */
  *ledgers(): Generator<readonly (string | null)[]> {
    const schemas = new Map<string, [string, number][]>();
    for (const [schema, oid, name, text] of this.ledgerRows()) {
      const key = JSON.stringify([name, text]);
      const same = schemas.get(key) ?? [];
      same.push([schema ?? "", Number(oid)]);
      schemas.set(key, same);
    }
    for (const [key, same] of schemas) {
      const [name, text]: [string | null, string | null] = JSON.parse(key);
      yield [name, text, JSON.stringify(same)];
    }
  }
}

const kept = new Map<string, string>();

/** Shards have the same texts; a part of a message would keep all of it in memory. */
function keepOne(text: string): string {
  const known = kept.get(text);
  if (known !== undefined) {
    return known;
  }
  const copy = Buffer.from(text).toString();
  kept.set(copy, copy);
  return copy;
}
