import {
  type ConnectNodeOptions,
  connectNode,
  findPoolerMode,
  isPooled,
  type PoolerMode,
} from "@pg-mig/cluster";
import { PgMigError } from "@pg-mig/model";
import type pg from "pg";
import type { OpenNode } from "./open-node.js";
import { whileAnswering } from "./silence.js";

/** One more connection is opened to each node that a pooler is seen before. */
export interface SharedByPoolerOptions
  extends Pick<ConnectNodeOptions, "applicationName" | "signal"> {
  /** Whether to do without sessions of one's own. */
  readonly allowPooler: boolean;
  /** Told what is done without on such nodes. */
  readonly onNote: (message: string) => void;
}

/**
 * The names of the nodes whose server connections a pooler shares among its clients, so that neither
 * a lock nor a setting of a session holds. Asks only where a pooler is seen at all.
 *
 * @throws PgMigError `POOLER_REFUSED`, for all of them at once, unless they are allowed, and nothing is
 * said about their sessions. A pooler in statement mode is never allowed: it lets no transaction
 * through.
 */
export async function sharedByPooler(
  nodes: readonly { readonly open: OpenNode; readonly client: pg.Client | undefined }[],
  { allowPooler, onNote, ...options }: SharedByPoolerOptions,
): Promise<ReadonlySet<string>> {
  const modes = await Promise.all(
    nodes.map(async ({ open, client }) => {
      if (client === undefined || !isPooled(client, open.identity)) {
        return [];
      }
      const { node } = open;
      const finding = findPoolerMode(client, () => connectNode(node, options));
      const mode = await whileAnswering(node, client, finding, options);
      return mode === "session" ? [] : [{ node, mode }];
    }),
  );
  const shared = modes.flat();
  if (shared.length === 0) {
    return new Set();
  }
  if (!allowPooler || shared.some(({ mode }) => mode === "statement")) {
    throw poolerRefused(shared);
  }
  refuseStartupParameters(shared.map(({ node }) => node));
  const labels = shared.map(({ node }) => node.label).join(", ");
  onNote(
    `A pooler shares the connections of ${labels}: no run lock is taken there. That no version is applied twice is guarded by each version's own transaction.`,
  );
  return new Set(shared.map(({ node }) => node.name));
}

/** A version drops all settings at its end, and with them, for later ones, those of the connection. */
function refuseStartupParameters(
  nodes: readonly Pick<OpenNode["node"], "label" | "startupParameters">[],
): void {
  const told = nodes.filter(({ startupParameters }) => Object.keys(startupParameters).length > 0);
  if (told.length === 0) {
    return;
  }
  const labels = told.map(({ label }) => label).join(", ");
  throw new PgMigError(
    `PGTZ, PGDATESTYLE, PGGEQO and PGOPTIONS do not hold where a pooler shares the connections: ${labels}.`,
    {
      code: "POOLER_REFUSED",
      hint: "Unset them, and set what they say with ALTER ROLE … SET; or connect to PostgreSQL itself.",
    },
  );
}

const whatItDoes: Readonly<Record<Exclude<PoolerMode, "session">, string>> = {
  transaction: "is reached through a pooler in transaction mode",
  statement: "is reached through a pooler in statement mode, which lets no transaction through",
  unknown: "is reached through a pooler that gave no second connection within 5 seconds",
};

function poolerRefused(
  nodes: readonly {
    readonly node: { readonly label: string };
    readonly mode: Exclude<PoolerMode, "session">;
  }[],
): PgMigError {
  const problems = nodes.map(({ node: { label }, mode }) => ({
    message: `${label} ${whatItDoes[mode]}`,
    where: { node: label },
  }));
  const [first] = problems;
  const impossible = nodes.some(({ mode }) => mode === "statement");
  const why = "locks and settings of a session do not hold there";
  const message =
    first !== undefined && problems.length === 1
      ? `${first.message}${impossible ? "" : `: ${why}`}.`
      : `${problems.length} nodes are reached through poolers: ${why}.`;
  const connect = "Connect to PostgreSQL itself, or to a pool in session mode.";
  return new PgMigError(message, {
    code: "POOLER_REFUSED",
    hint: impossible
      ? connect
      : `${connect} With the setting \`allowPooler\` no run lock is taken: only each version's own transaction then keeps concurrent runs apart.`,
    where: problems.length === 1 ? first?.where : undefined,
    problems: problems.length === 1 ? undefined : problems,
  });
}
