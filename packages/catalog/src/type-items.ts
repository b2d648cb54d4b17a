import { catalogId, choice, type ItemQuery, routine, words } from "./catalog-item.js";

/** The types `t` of the schemas that are made by name: no row types of tables, no arrays. */
export const ownedTypes = `owned JOIN pg_catalog.pg_type t ON owned.catalog = ${catalogId("pg_type")} AND t.oid = owned.id`;

/** Types, and what is made for them: domains, enums, ranges, casts, operators and their classes. */
export const typeItems: readonly ItemQuery[] = [
  {
    schema: "t.typnamespace",
    catalog: "pg_type",
    object: "t.oid",
    kind: choice("t.typtype", {
      c: "composite type",
      e: "enum",
      d: "domain",
      r: "range",
      b: "base type",
      p: "shell type",
    }),
    path: "t.typname",
    definition: words(
      "CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END",
      "CASE WHEN t.typtype IN ('d', 'b') AND t.typcollation <> coalesce(b.typcollation, 0) THEN 'COLLATE ' || t.typcollation::pg_catalog.regcollation::pg_catalog.text END",
      "CASE WHEN t.typnotnull THEN 'NOT NULL' END",
      "'DEFAULT ' || coalesce(pg_catalog.pg_get_expr(t.typdefaultbin, 0), t.typdefault)",
      "(SELECT pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid)",
      `(SELECT ${words(
        "'SUBTYPE ' || pg_catalog.format_type(r.rngsubtype, NULL)",
        "'SUBTYPE_OPCLASS ' || o.opcname",
        "CASE WHEN r.rngcollation <> 0 THEN 'COLLATION ' || r.rngcollation::pg_catalog.regcollation::pg_catalog.text END",
        `'CANONICAL ' || ${routine("r.rngcanonical")}`,
        `'SUBTYPE_DIFF ' || ${routine("r.rngsubdiff")}`,
        "'MULTIRANGE_TYPE_NAME ' || m.typname",
      )} FROM pg_catalog.pg_range r JOIN pg_catalog.pg_opclass o ON o.oid = r.rngsubopc LEFT JOIN pg_catalog.pg_type m ON m.oid = r.rngmultitypid WHERE r.rngtypid = t.oid)`,
      `CASE WHEN t.typtype = 'b' THEN ${words(
        `'INPUT ' || ${routine("t.typinput")}`,
        `'OUTPUT ' || ${routine("t.typoutput")}`,
        `'RECEIVE ' || ${routine("t.typreceive")}`,
        `'SEND ' || ${routine("t.typsend")}`,
        `'TYPMOD_IN ' || ${routine("t.typmodin")}`,
        `'TYPMOD_OUT ' || ${routine("t.typmodout")}`,
        `'ANALYZE ' || ${routine("t.typanalyze")}`,
        `'SUBSCRIPT ' || ${routine("t.typsubscript")}`,
        "'INTERNALLENGTH ' || t.typlen",
        "CASE WHEN t.typbyval THEN 'PASSEDBYVALUE' END",
        "'ALIGNMENT ' || t.typalign::pg_catalog.text",
        "'STORAGE ' || t.typstorage::pg_catalog.text",
        "'CATEGORY ' || t.typcategory::pg_catalog.text",
        "CASE WHEN t.typispreferred THEN 'PREFERRED' END",
        "'DELIMITER ' || t.typdelim::pg_catalog.text",
        "CASE WHEN t.typelem <> 0 THEN 'ELEMENT ' || pg_catalog.format_type(t.typelem, NULL) END",
      )} END`,
    ),
    from: `${ownedTypes} LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
  WHERE t.typtype IN ('e', 'd', 'r', 'p') OR t.typtype = 'b' AND t.typsubscript <> 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
    OR t.typtype = 'c' AND EXISTS (SELECT FROM rel WHERE rel.oid = t.typrelid AND rel.relkind = 'c')`,
  },
  {
    schema: "t.typnamespace",
    catalog: "pg_constraint",
    object: "k.oid",
    parent: "t.typname",
    kind: "'constraint'",
    path: "t.typname || '.' || k.conname",
    definition: words(
      "pg_catalog.pg_get_constraintdef(k.oid)",
      "CASE WHEN NOT k.convalidated THEN 'not valid' END",
    ),
    from: `${ownedTypes} AND t.typtype = 'd'
  JOIN pg_catalog.pg_constraint k ON k.contypid = t.oid WHERE k.contype <> 'n' OR NOT k.convalidated`,
  },
  {
    schema: "ns.oid",
    catalog: "pg_cast",
    object: "k.oid",
    kind: "'cast'",
    path: "'from'",
    signature:
      "' ' || pg_catalog.format_type(k.castsource, NULL) || ' to ' || pg_catalog.format_type(k.casttarget, NULL)",
    definition: words(
      choice("k.castmethod", {
        f: "WITH FUNCTION",
        i: "WITH INOUT",
        b: "WITHOUT FUNCTION",
      }),
      routine("k.castfunc"),
      choice("k.castcontext", { a: "AS ASSIGNMENT", i: "AS IMPLICIT" }),
    ),
    from: `pg_catalog.pg_cast k JOIN pg_catalog.pg_type s ON s.oid = k.castsource JOIN pg_catalog.pg_type t ON t.oid = k.casttarget
  JOIN ns ON ns.oid IN (s.typnamespace, t.typnamespace)`,
  },
  {
    schema: "ns.oid",
    catalog: "pg_transform",
    object: "k.oid",
    kind: "'transform'",
    path: "l.lanname",
    signature: "' ' || pg_catalog.format_type(k.trftype, NULL)",
    definition: words(
      `'FROM SQL ' || ${routine("k.trffromsql")}`,
      `'TO SQL ' || ${routine("k.trftosql")}`,
    ),
    from: `pg_catalog.pg_transform k JOIN pg_catalog.pg_type t ON t.oid = k.trftype JOIN ns ON ns.oid = t.typnamespace
  JOIN pg_catalog.pg_language l ON l.oid = k.trflang`,
  },
  {
    schema: "o.oprnamespace",
    catalog: "pg_operator",
    object: "o.oid",
    kind: "'operator'",
    path: "o.oprname",
    signature:
      "pg_catalog.concat('(', CASE WHEN o.oprleft <> 0 THEN pg_catalog.format_type(o.oprleft, NULL) END, ', ', pg_catalog.format_type(o.oprright, NULL), ')')",
    definition: words(
      `'FUNCTION ' || ${routine("o.oprcode")}`,
      "'RETURNS ' || pg_catalog.format_type(o.oprresult, NULL)",
      "CASE WHEN o.oprcanhash THEN 'HASHES' END",
      "CASE WHEN o.oprcanmerge THEN 'MERGES' END",
      "CASE WHEN o.oprcom <> 0 THEN 'COMMUTATOR ' || o.oprcom::pg_catalog.regoperator::pg_catalog.text END",
      "CASE WHEN o.oprnegate <> 0 THEN 'NEGATOR ' || o.oprnegate::pg_catalog.regoperator::pg_catalog.text END",
      `'RESTRICT ' || ${routine("o.oprrest")}`,
      `'JOIN ' || ${routine("o.oprjoin")}`,
    ),
    from: "ns JOIN pg_catalog.pg_operator o ON o.oprnamespace = ns.oid",
  },
  {
    schema: "o.opcnamespace",
    catalog: "pg_opclass",
    object: "o.oid",
    kind: "'operator class'",
    path: "o.opcname || ' USING ' || am.amname",
    definition: words(
      "CASE WHEN o.opcdefault THEN 'DEFAULT' END",
      "'FOR TYPE ' || pg_catalog.format_type(o.opcintype, NULL)",
      "CASE WHEN o.opckeytype <> 0 THEN 'STORAGE ' || pg_catalog.format_type(o.opckeytype, NULL) END",
      "'FAMILY ' || n.nspname || '.' || f.opfname",
    ),
    from: `ns JOIN pg_catalog.pg_opclass o ON o.opcnamespace = ns.oid JOIN pg_catalog.pg_am am ON am.oid = o.opcmethod
  JOIN pg_catalog.pg_opfamily f ON f.oid = o.opcfamily JOIN pg_catalog.pg_namespace n ON n.oid = f.opfnamespace`,
  },
  {
    schema: "f.opfnamespace",
    catalog: "pg_opfamily",
    object: "f.oid",
    kind: "'operator family'",
    path: "f.opfname || ' USING ' || am.amname",
    definition: words(
      `(SELECT pg_catalog.string_agg(m.member, ', ' ORDER BY m.member COLLATE "C") FROM
    (SELECT ${words(
      "'OPERATOR ' || a.amopstrategy",
      "a.amopopr::pg_catalog.regoperator::pg_catalog.text",
      "(SELECT 'FOR ORDER BY ' || s.opfname FROM pg_catalog.pg_opfamily s WHERE s.oid = a.amopsortfamily)",
    )} AS member FROM pg_catalog.pg_amop a WHERE a.amopfamily = f.oid
    UNION ALL SELECT ${words(
      "'FUNCTION ' || a.amprocnum",
      "'(' || pg_catalog.format_type(a.amproclefttype, NULL) || ', ' || pg_catalog.format_type(a.amprocrighttype, NULL) || ')'",
      routine("a.amproc"),
    )} FROM pg_catalog.pg_amproc a WHERE a.amprocfamily = f.oid) AS m)`,
    ),
    from: "ns JOIN pg_catalog.pg_opfamily f ON f.opfnamespace = ns.oid JOIN pg_catalog.pg_am am ON am.oid = f.opfmethod",
  },
];
