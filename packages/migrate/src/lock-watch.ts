import { ownPathSql } from "@pg-mig/model";
import { tokenize } from "@pg-mig/psql-script";
import { lastAnswer, type SessionClient } from "@pg-mig/sessions";
import { objectName } from "./database-objects.js";

/** A lock that a file takes on a relation that was there before. */
export interface RehearsedLock {
  /** Its name, with the schema if that is not the shard. */
  readonly relation: string;
  /** In PostgreSQL's words: `AccessExclusiveLock`. */
  readonly mode: string;
  /** The number, from 1, of the first statement after which it is held. */
  readonly statement: number;
  /** Whether the relation is in another schema. */
  readonly outside: boolean;
}

/** A statement of a file that was run. */
export interface RehearsedStatement {
  /** Its beginning, on one line; of a string nothing is shown. */
  readonly text: string;
  /** In milliseconds, to a tenth. */
  readonly durationMs: number;
}

export interface LockWatchOptions {
  /** A connection of its own, which does not see what is not committed. */
  readonly onlooker: Pick<SessionClient, "query">;
  /** The server's process that runs the file. */
  readonly pid: number;
  readonly shard: string;
  readonly now?: () => number;
}

/**
 * Looks after each statement of a file at the locks that its transaction holds by then, but for those
 * of readers. What the file makes itself is not seen.
 */
export class LockWatch {
  readonly statements: RehearsedStatement[] = [];
  /** The sequences that gave a number, or were set to one: no rollback takes that back. */
  readonly sequences = new Set<string>();
  readonly #options: LockWatchOptions;
  readonly #now: () => number;
  readonly #locks = new Map<string, RehearsedLock>();
  readonly #before = new Set<string>();
  #sinceMs: number;

  constructor(options: LockWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#sinceMs = this.#now();
  }

  get locks(): readonly RehearsedLock[] {
    return [...this.#locks.values()];
  }

  /** Leaves out, from now on, what the transaction holds already. */
  async begin(): Promise<void> {
    for (const { relation, mode } of await this.#look()) {
      this.#before.add(`${relation} ${mode}`);
    }
    this.#sinceMs = this.#now();
  }

  readonly afterMessage = async (text: string): Promise<void> => {
    const durationMs = Math.round((this.#now() - this.#sinceMs) * 10) / 10;
    this.statements.push({ text: shortened(text), durationMs });
    for (const { relation, mode, kind, outside } of await this.#look()) {
      const key = `${relation} ${mode}`;
      if (!this.#before.has(key) && !this.#locks.has(key)) {
        const statement = this.statements.length;
        this.#locks.set(key, { relation, mode, statement, outside });
      }
      if (kind === "S" && mode === "RowExclusiveLock" && !this.#before.has(key)) {
        this.sequences.add(relation);
      }
    }
    this.#sinceMs = this.#now();
  };

  async #look() {
    const { onlooker, pid, shard } = this.#options;
    const { rows } = lastAnswer(await onlooker.query(`${ownPathSql};\n${locksSql(pid)}`));
    return (rows as readonly LockRow[]).map(({ schema, name, kind, mode }) => ({
      relation: objectName({ schema, name }, shard),
      mode,
      kind,
      outside: schema !== shard,
    }));
  }
}

interface LockRow {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly mode: string;
}

const locksSql = (
  pid: number,
) => `SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind, l.mode
FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE l.pid = ${pid} AND l.granted AND l.locktype = 'relation' AND l.mode <> 'AccessShareLock'
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2, 4`;

const mostCharacters = 100;

/** The beginning of a statement, without comments. A password may be in a string. */
function shortened(text: string): string {
  const plain = tokenize(text)
    .filter(({ kind }) => !kind.endsWith("comment"))
    .map(({ kind, text: token }) => (kind.endsWith("string") ? "'…'" : token))
    .join("")
    .replace(/\s+/g, " ")
    .replace(/[; ]+$/, "")
    .trim();
  return plain.length > mostCharacters ? `${plain.slice(0, mostCharacters - 1)}…` : plain;
}
