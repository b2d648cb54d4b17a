import { catalogId, choice, type ItemQuery, routine, sorted, words } from "./catalog-item.js";

/** The routines `p` of the schemas. */
export const ownedRoutines = `owned JOIN pg_catalog.pg_proc p ON owned.catalog = ${catalogId("pg_proc")} AND p.oid = owned.id`;

/** Functions, procedures, aggregates, without those that hold the ledger or come with a range type. */
export const routineItems: readonly ItemQuery[] = [
  {
    schema: "p.pronamespace",
    catalog: "pg_proc",
    object: "p.oid",
    kind: choice("p.prokind", {
      f: "function",
      p: "procedure",
      a: "aggregate",
      w: "window function",
    }),
    path: "p.proname",
    signature: "'(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')'",
    definition: words(
      "'(' || pg_catalog.pg_get_function_arguments(p.oid) || ')'",
      "'RETURNS ' || pg_catalog.pg_get_function_result(p.oid)",
      "'LANGUAGE ' || l.lanname",
      "CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' END",
      "CASE p.proparallel WHEN 's' THEN 'PARALLEL SAFE' WHEN 'r' THEN 'PARALLEL RESTRICTED' END",
      "CASE WHEN p.proisstrict THEN 'STRICT' END",
      "CASE WHEN p.prosecdef THEN 'SECURITY DEFINER' END",
      "CASE WHEN p.proleakproof THEN 'LEAKPROOF' END",
      "'COST ' || p.procost",
      "CASE WHEN p.proretset THEN 'ROWS ' || p.prorows END",
      `'SUPPORT ' || ${routine("p.prosupport")}`,
      "'TRANSFORM FOR TYPE ' || (SELECT pg_catalog.string_agg(pg_catalog.format_type(id, NULL), ', ') FROM pg_catalog.unnest(p.protrftypes) AS id)",
      "'OBJECT ' || p.probin",
      `(SELECT ${words(
        "'KIND ' || g.aggkind::pg_catalog.text || g.aggnumdirectargs",
        `'SFUNC ' || ${routine("g.aggtransfn")}`,
        "'STYPE ' || pg_catalog.format_type(g.aggtranstype, NULL)",
        "'SSPACE ' || g.aggtransspace",
        `'FINALFUNC ' || ${routine("g.aggfinalfn")}`,
        "CASE WHEN g.aggfinalextra THEN 'FINALFUNC_EXTRA' END",
        "'FINALFUNC_MODIFY ' || g.aggfinalmodify::pg_catalog.text",
        `'COMBINEFUNC ' || ${routine("g.aggcombinefn")}`,
        `'SERIALFUNC ' || ${routine("g.aggserialfn")}`,
        `'DESERIALFUNC ' || ${routine("g.aggdeserialfn")}`,
        "'INITCOND ' || pg_catalog.quote_literal(g.agginitval)",
        `'MSFUNC ' || ${routine("g.aggmtransfn")}`,
        `'MINVFUNC ' || ${routine("g.aggminvtransfn")}`,
        "CASE WHEN g.aggmtranstype <> 0 THEN 'MSTYPE ' || pg_catalog.format_type(g.aggmtranstype, NULL) END",
        "'MSSPACE ' || g.aggmtransspace",
        `'MFINALFUNC ' || ${routine("g.aggmfinalfn")}`,
        "CASE WHEN g.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END",
        "'MFINALFUNC_MODIFY ' || g.aggmfinalmodify::pg_catalog.text",
        "'MINITCOND ' || pg_catalog.quote_literal(g.aggminitval)",
        "CASE WHEN g.aggsortop <> 0 THEN 'SORTOP ' || g.aggsortop::pg_catalog.regoperator::pg_catalog.text END",
      )} FROM pg_catalog.pg_aggregate g WHERE p.prokind = 'a' AND g.aggfnoid = p.oid)`,
      "pg_catalog.pg_get_function_sqlbody(p.oid)",
    ),
    written: "CASE WHEN p.prosrc <> '' AND p.prokind <> 'a' THEN 'AS ' || p.prosrc END",
    settings: `'SET ' || ${sorted("p.proconfig")}`,
    from: `${ownedRoutines} JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  WHERE NOT (p.pronargs = 0 AND p.proname = ANY ('{mig_versions_const,mig_digest_const,mig_rerun_fingerprint_const}'::pg_catalog.name[]))
    AND NOT (l.lanname = 'internal' AND p.prosrc ~ '^(multi)?range_constructor[0-3]$')`,
  },
];
