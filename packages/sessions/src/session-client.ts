import type { ScriptClient } from "@pg-mig/psql-script";

/** What a server answers to one statement. */
export interface QueryAnswer {
  readonly command?: string | null;
  readonly rows: readonly unknown[];
}

/** A query that node-postgres sends as one statement, and whose rows are arrays. */
export interface ArrayQuery {
  readonly text: string;
  /** With names, one of two columns with the same name would be lost. */
  readonly rowMode: "array";
  /** The server refuses a second statement, such as a COMMIT. */
  readonly queryMode: "extended";
}

/** A connection that the executor uses: structurally, a connected `pg.Client`. */
export type SessionClient = ScriptClient & {
  query(sql: string): Promise<QueryAnswer>;
  query(query: ArrayQuery): Promise<QueryAnswer>;
  /** The state that the server reported last: idle, in a transaction, or in a failed one. */
  getTransactionStatus(): "I" | "T" | "E" | null;
  end(): Promise<void>;
  /** Its socket: to be broken where the server does not answer any more. */
  readonly connection?: { readonly stream: { destroy(): unknown } };
};

/** A connection that is asked one thing after the other. */
export interface AskedConnection {
  query(sql: string): Promise<QueryAnswer>;
  end(): Promise<void>;
}

/** A node, as far as the executor needs to know it. */
export interface SessionNode {
  /** Identifies the node. */
  readonly name: string;
  /** What events call it. */
  readonly label: string;
  /** The host name: `$parallelism_per_host` counts over all nodes that share it. */
  readonly host: string;
}

/** Environment variables, by name; `undefined`: it is not set. */
export type NodeEnvironment = Readonly<Record<string, string | undefined>>;

/** How the executor reaches the servers. */
export interface SessionConnections {
  /** Opens a connection to a node. Rejects with a `PgMigError` that says why it cannot. */
  connect(node: SessionNode): Promise<SessionClient>;
  /** Asks the server to cancel what runs on a connection; does not wait for the effect. */
  cancel(node: SessionNode, client: SessionClient): Promise<void>;
  /**
   * Whether a pooler may give each transaction on a node's connections another backend: then nothing
   * is set, and nobody is watched, beyond a transaction. @default no
   */
  sharesBackends?(node: SessionNode): boolean;
  /**
   * The variables with which programs reach the server of a connection; files see them in their
   * environment. `undefined` takes a variable away. @default none
   */
  environment?(client: SessionClient): NodeEnvironment;
  /**
   * Asked before something begins on a node. `undefined`: it may, at once. Otherwise it may when the promise
   * resolves; it rejects if nothing may begin there: with a `PgMigError` `RUN_LOCKED` if another run works on
   * it, for good.
   */
  mayWork?(node: SessionNode): Promise<void> | undefined;
}
