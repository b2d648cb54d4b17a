import type { NodeDefaults } from "@pg-mig/cluster";

/** What every use of a scratch database is told. */
export interface ScratchUse {
  /** The server on which a database is made and dropped: a URL, or what names a node; or `embedded`. */
  readonly scratch?: string | undefined;
  /** What the URL leaves out. */
  readonly defaults: NodeDefaults;
  /** Where `@pg-mig/testkit`, the embedded PostgreSQL, is looked for. @default the current directory */
  readonly folder?: string | undefined;
  /** As for `apply`. @default {} */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** As for `apply`. @default false */
  readonly allowShell?: boolean | undefined;
}

/** The same, and what the action says that uses it. */
export interface ScratchOptions extends ScratchUse {
  /** As for `apply`. @default 2000 */
  readonly lockTimeoutMs?: number | undefined;
  readonly signal: AbortSignal;
  readonly onNote: (message: string) => void;
}
