import { type Problem, quoteLiteral } from "@pg-mig/model";

/** What a run stores on a node. */
export interface ToStore {
  /** The `oid`s of the schemas whose ledgers it changes. */
  readonly schemaOids: readonly number[];
  /** The functions in `public` that it replaces. */
  readonly inPublic: readonly ("mig_digest_const" | "mig_rerun_fingerprint_const")[];
}

/** Something that would keep a run from storing its state: a row of {@link obstaclesSql}. */
export interface Obstacle {
  readonly kind: "read-only" | "schema" | "language" | "owner" | "shape" | "overload";
  /** The schema that it is in; of a language, its name; of transactions, nothing. */
  readonly schema: string;
  /** The role that the sessions of the run begin with. */
  readonly user: string;
  /** The names of schema and user as SQL text. */
  readonly quotedSchema: string;
  readonly quotedUser: string;
  /** The function, as SQL text with its arguments; of schema and language, the privileges that are missing. */
  readonly what: string;
  /** Who owns the function; what it is instead of a function that returns text; where a setting comes from. */
  readonly detail: string | null;
}

/**
 * The query for what would keep a run from storing its state on a node: a row for each obstacle, none
 * if all is well. It asks about the role that a session of the run begins with: who logs in, unless ALTER ROLE … SET
 * role says otherwise. What is stored is stored in its name, whatever role a file has set. Rights that come with a membership
 * count.
 */
export function obstaclesSql({ schemaOids, inPublic }: ToStore): string {
  const eq = "OPERATOR(pg_catalog.=)";
  const shards = `'{${schemaOids.join(",")}}'::pg_catalog.oid[]`;
  const functions = `'{${inPublic.join(",")}}'::pg_catalog.name[]`;
  const isTouched = `(n.oid ${eq} ANY (${shards}) OR (n.nspname ${eq} 'public' AND ${inPublic.length} OPERATOR(pg_catalog.>) 0))`;
  const may = (privilege: string) =>
    `pg_catalog.has_schema_privilege(CURRENT_USER, n.oid, '${privilege}')`;
  const isReadOnly = "pg_catalog.current_setting('default_transaction_read_only')::pg_catalog.bool";
  const callable = "p.pronargs OPERATOR(pg_catalog.<=) p.pronargdefaults";
  const kind =
    `CASE WHEN p.pronargs OPERATOR(pg_catalog.>) 0 THEN 'overload' ` +
    `WHEN p.prokind OPERATOR(pg_catalog.<>) 'f' OR p.proretset OR p.prorettype OPERATOR(pg_catalog.<>) ${text} THEN 'shape' ` +
    "WHEN NOT pg_catalog.pg_has_role(CURRENT_USER, p.proowner, 'USAGE') THEN 'owner' END";
  const detail =
    "CASE WHEN p.prokind OPERATOR(pg_catalog.=) 'p' THEN 'a procedure' " +
    "WHEN p.prokind OPERATOR(pg_catalog.<>) 'f' THEN 'an aggregate or a window function' " +
    "WHEN p.proretset THEN 'a function that returns a set' " +
    `WHEN p.prorettype OPERATOR(pg_catalog.<>) ${text} THEN pg_catalog.format('a function that returns %s', pg_catalog.format_type(p.prorettype, NULL)) ` +
    "ELSE pg_catalog.pg_get_userbyid(p.proowner)::pg_catalog.text END";
  return `SELECT o.kind, o.schema, o.what, o.detail, CURRENT_USER::pg_catalog.text AS "user",
pg_catalog.quote_ident(o.schema) AS "quotedSchema", pg_catalog.quote_ident(CURRENT_USER) AS "quotedUser"
FROM (
SELECT 'schema'::pg_catalog.text AS kind, n.nspname::pg_catalog.text AS schema,
pg_catalog.concat_ws(', ', CASE WHEN NOT ${may("USAGE")} THEN 'USAGE' END, CASE WHEN NOT ${may("CREATE")} THEN 'CREATE' END) AS what,
NULL::pg_catalog.text AS detail
FROM pg_catalog.pg_namespace n WHERE ${isTouched}
UNION ALL
SELECT 'read-only', '', CASE WHEN ${isReadOnly} THEN 'read-only' ELSE '' END,
CASE WHEN ${isReadOnly} THEN (SELECT s.source FROM pg_catalog.pg_settings s WHERE s.name ${eq} 'default_transaction_read_only'::pg_catalog.text) END
UNION ALL
SELECT 'language', 'sql', CASE WHEN NOT pg_catalog.has_language_privilege(CURRENT_USER, 'sql', 'USAGE') THEN 'USAGE' ELSE '' END, NULL
UNION ALL
SELECT ${kind}, n.nspname::pg_catalog.text,
pg_catalog.format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)), ${detail}
FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_proc p ON p.pronamespace ${eq} n.oid
WHERE ${callable} AND ((p.proname ${eq} 'mig_versions_const' AND n.oid ${eq} ANY (${shards}))
OR (n.nspname ${eq} 'public' AND p.proname ${eq} ANY (${functions})))
) o WHERE o.kind IS NOT NULL AND o.what OPERATOR(pg_catalog.<>) ''
ORDER BY o.schema COLLATE pg_catalog."C", o.what COLLATE pg_catalog."C"`;
}

const text = "'pg_catalog.text'::pg_catalog.regtype::pg_catalog.oid";

/** How many names a problem lists. */
const namesShown = 5;
/** How many names go into a statement that the user can copy. */
const copiedNames = 50;

/** Tells the obstacles of a node, those of a kind together. Pure. `node` is the node's label. */
export function obstacleProblems(node: string, obstacles: readonly Obstacle[]): Problem[] {
  const groups = new Map<string, [Obstacle, ...Obstacle[]]>();
  for (const obstacle of obstacles) {
    const { kind, detail, what } = obstacle;
    const key = JSON.stringify(kind === "schema" ? [kind, what] : [kind, detail]);
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, [obstacle]);
    } else {
      group.push(obstacle);
    }
  }
  return [...groups.values()].map((group) => {
    const [{ schema }] = group;
    const isShard = group[0].kind !== "language" && schema !== "" && schema !== "public";
    const shard = group.length === 1 && isShard ? { shard: schema } : {};
    return { ...describe(node, group), where: { node, ...shard } };
  });
}

function describe(
  node: string,
  group: readonly [Obstacle, ...Obstacle[]],
): Pick<Problem, "message" | "hint"> {
  const [{ kind, user, quotedUser, what, detail }] = group;
  const functions = namesOf(group.map((one) => one.what));
  const several = group.length > 1;
  const each = (statement: (name: string) => string) =>
    group
      .slice(0, copiedNames)
      .map((one) => statement(one.what))
      .join(" ");
  switch (kind) {
    case "read-only":
      return {
        message: `Transactions of user "${user}" are read-only on ${node}.`,
        hint: `default_transaction_read_only is on there (source: ${detail}). Some services turn it on when a disk is nearly full. If nothing speaks against it, turn it off, or run with PGOPTIONS="-c default_transaction_read_only=off".`,
      };
    case "schema": {
      const schemas = group.map((one) => one.quotedSchema);
      const copied = schemas.slice(0, copiedNames).join(", ");
      const hidden = schemas.length - copiedNames;
      const more =
        hidden > 0
          ? ` The same for ${hidden} more schemas: a loop over them is in docs/least-privilege.md.`
          : "";
      return {
        message: `User "${user}" lacks ${what} on ${several ? "the schemas" : "the schema"} ${namesOf(schemas)} of ${node}.`,
        hint: `Let their owner or a superuser run: GRANT USAGE, CREATE ON SCHEMA ${copied} TO ${quotedUser};${more}`,
      };
    }
    case "language":
      return {
        message: `User "${user}" lacks ${what} on the language sql of ${node}.`,
        hint: `Let a superuser run: GRANT USAGE ON LANGUAGE sql TO ${quotedUser};`,
      };
    case "owner": {
      const run =
        group.length > namesShown
          ? `run in psql: ${changeOwnersSql(detail, quotedUser)}`
          : `run: ${each((name) => `ALTER FUNCTION ${name} OWNER TO ${quotedUser};`)}`;
      return {
        message: `${functions} of ${node} ${several ? "belong" : "belongs"} to role "${detail}", so that user "${user}" cannot replace ${several ? "them" : "it"}.`,
        hint: `Run as a member of that role, or let a superuser ${run}`,
      };
    }
    case "shape":
      return {
        message: `${functions} of ${node} ${several ? "are each" : "is"} ${detail}, and no function that returns text.`,
        hint: `Put ${several ? "functions" : "a function"} RETURNS text with the same value in ${several ? "their" : "its"} place, in one transaction with: ${each((name) => `DROP ROUTINE ${name};`)}`,
      };
    case "overload":
      return {
        message: `${functions} of ${node} can be called without an argument, which makes such a call ambiguous.`,
        hint: `Drop ${several ? "them" : "it"}: ${each((name) => `DROP ROUTINE ${name};`)}`,
      };
  }
}

/**
 * For psql: gives all functions of the tool that a role owns to another one. A superuser runs it: nothing in it may
 * mean what somebody has put into the schema public.
 */
function changeOwnersSql(owner: string | null, quotedUser: string): string {
  const statement = quoteLiteral(`ALTER FUNCTION %s OWNER TO ${quotedUser.replaceAll("%", "%%")}`);
  return (
    `SET search_path TO pg_catalog; SELECT format(${statement}, oid::regprocedure) FROM pg_proc WHERE proname ~ '^mig_.+_const$' ` +
    `AND pg_get_userbyid(proowner) = ${quoteLiteral(owner ?? "")} \\gexec`
  );
}

function namesOf(names: readonly string[]): string {
  const hidden = names.length - namesShown;
  const shown = names.slice(0, namesShown).join(", ");
  return hidden > 0 ? `${shown} and ${hidden} more` : shown;
}
