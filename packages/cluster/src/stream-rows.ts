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
  const { Query } = await import("pg");
  const query = new Query(sql);
  query.on("row", onRow);
  await new Promise<void>((resolve, reject) => {
    const callback: AtEnd = (error) => (error ? reject(error) : resolve());
    client.query(Object.assign(query, { callback }));
  });
}
