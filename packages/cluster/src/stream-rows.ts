/** Called when a query is over: with its error, if it failed. */
type AtEnd = (error?: Error) => void;

/** What rows are asked of: a `pg.Client`, or what passes queries on to one. */
export interface StreamingClient {
  query(query: { submit(connection: never): void; callback: AtEnd | undefined }): unknown;
}

/**
 * Runs SQL text and hands over its rows one by one, as they come, so that a large answer is never in
 * memory as a whole. Of several statements, the rows of all. `onRow` must not throw.
 *
 * Rejects with what the server or the connection says.
 */
export async function streamRows(
  client: StreamingClient,
  sql: string,
  onRow: (row: Readonly<Record<string, unknown>>) => void,
): Promise<void> {
  const { types } = await import("pg");
  await new Promise<void>((resolve, reject) => {
    const callback: AtEnd = (error) => (error ? reject(error) : resolve());
    client.query(
      new RowQuery(sql, { parserOf: (oid) => types.getTypeParser(oid), onRow, callback }),
    );
  });
}

/** A column of a result, as the driver describes it. */
interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

type ParseText = (text: string) => unknown;

interface Column {
  readonly name: string;
  readonly parse: ParseText;
}

interface RowQueryOptions {
  readonly parserOf: (typeOid: number) => ParseText;
  readonly onRow: (row: Readonly<Record<string, unknown>>) => void;
  readonly callback: AtEnd;
}

/** What `pg` calls on a query in flight. Its own class keeps all rows once it has a callback. */
class RowQuery {
  callback: AtEnd | undefined;
  readonly #sql: string;
  readonly #options: RowQueryOptions;
  #columns: readonly Column[] = [];

  constructor(sql: string, options: RowQueryOptions) {
    this.#sql = sql;
    this.#options = options;
    this.callback = options.callback;
  }

  submit(connection: { query(sql: string): void }): void {
    connection.query(this.#sql);
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.#columns = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: this.#options.parserOf(dataTypeID),
    }));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const row: Record<string, unknown> = {};
    this.#columns.forEach(({ name, parse }, i) => {
      const text = fields[i] ?? null;
      row[name] = text === null ? null : parse(text);
    });
    this.#options.onRow(row);
  }

  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyData(): void {}

  handleCopyInResponse(connection: { sendCopyFail(reason: string): void }): void {
    connection.sendCopyFail("there is no data for this COPY");
  }

  handleReadyForQuery(): void {
    this.callback?.();
  }

  handleError(error: Error): void {
    this.callback?.(error);
  }
}
