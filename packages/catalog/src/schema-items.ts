import { quoteLiteral } from "@pg-mig/model";
import { type ItemQuery, routine, words } from "./catalog-item.js";
import { ownedRoutines } from "./routine-items.js";
import { ownedTypes } from "./type-items.js";

/** PostgreSQL keeps them as a text, made under the settings of that session: without quotes that need not be. */
const dictionaryOptions = `pg_catalog.regexp_replace(d.dictinitoption,${quoteLiteral('(^|, )"([a-z_]+)" =')},${quoteLiteral(String.raw`\1\2 =`)}, 'g')`;

/** The schema itself, and what else is in it: extensions, collations, text search. */
export const schemaItems: readonly ItemQuery[] = [
  {
    schema: "ns.oid",
    catalog: "pg_namespace",
    object: "ns.oid",
    kind: "'schema'",
    path: "''",
    from: "ns",
  },
  {
    schema: "e.extnamespace",
    catalog: "pg_extension",
    object: "e.oid",
    kind: "'extension'",
    path: "e.extname",
    definition: "'VERSION ' || e.extversion",
    from: "ns JOIN pg_catalog.pg_extension e ON e.extnamespace = ns.oid",
  },
  {
    schema: "k.collnamespace",
    catalog: "pg_collation",
    object: "k.oid",
    kind: "'collation'",
    path: "k.collname || CASE WHEN k.collencoding >= 0 THEN ' FOR ' || pg_catalog.pg_encoding_to_char(k.collencoding) ELSE '' END",
    definition: words(
      "'PROVIDER ' || k.collprovider::pg_catalog.text",
      "CASE WHEN NOT k.collisdeterministic THEN 'NOT DETERMINISTIC' END",
      "'LC_COLLATE ' || k.collcollate",
      "'LC_CTYPE ' || k.collctype",
      // Columns that some major versions lack, or call otherwise.
      "'LOCALE ' || coalesce(pg_catalog.to_jsonb(k)->>'colllocale', pg_catalog.to_jsonb(k)->>'colliculocale')",
      "'RULES ' || (pg_catalog.to_jsonb(k)->>'collicurules')",
    ),
    from: "ns JOIN pg_catalog.pg_collation k ON k.collnamespace = ns.oid",
  },
  {
    schema: "k.connamespace",
    catalog: "pg_conversion",
    object: "k.oid",
    kind: "'conversion'",
    path: "k.conname",
    definition: words(
      "CASE WHEN k.condefault THEN 'DEFAULT' END",
      "'FOR ' || pg_catalog.pg_encoding_to_char(k.conforencoding)",
      "'TO ' || pg_catalog.pg_encoding_to_char(k.contoencoding)",
      `'FROM ' || ${routine("k.conproc")}`,
    ),
    from: "ns JOIN pg_catalog.pg_conversion k ON k.connamespace = ns.oid",
  },
  {
    schema: "k.cfgnamespace",
    catalog: "pg_ts_config",
    object: "k.oid",
    kind: "'text search configuration'",
    path: "k.cfgname",
    definition: words(
      "'PARSER ' || pn.nspname || '.' || p.prsname",
      "(SELECT pg_catalog.string_agg(m.maptokentype || ' WITH ' || m.mapdict::pg_catalog.regdictionary::pg_catalog.text, ', ' ORDER BY m.maptokentype, m.mapseqno) FROM pg_catalog.pg_ts_config_map m WHERE m.mapcfg = k.oid)",
    ),
    from: `ns JOIN pg_catalog.pg_ts_config k ON k.cfgnamespace = ns.oid
  JOIN pg_catalog.pg_ts_parser p ON p.oid = k.cfgparser JOIN pg_catalog.pg_namespace pn ON pn.oid = p.prsnamespace`,
  },
  {
    schema: "d.dictnamespace",
    catalog: "pg_ts_dict",
    object: "d.oid",
    kind: "'text search dictionary'",
    path: "d.dictname",
    definition: words("'TEMPLATE ' || tn.nspname || '.' || t.tmplname", dictionaryOptions),
    from: `ns JOIN pg_catalog.pg_ts_dict d ON d.dictnamespace = ns.oid
  JOIN pg_catalog.pg_ts_template t ON t.oid = d.dicttemplate JOIN pg_catalog.pg_namespace tn ON tn.oid = t.tmplnamespace`,
  },
  {
    schema: "p.prsnamespace",
    catalog: "pg_ts_parser",
    object: "p.oid",
    kind: "'text search parser'",
    path: "p.prsname",
    definition: words(
      `'START ' || ${routine("p.prsstart")}`,
      `'GETTOKEN ' || ${routine("p.prstoken")}`,
      `'END ' || ${routine("p.prsend")}`,
      `'HEADLINE ' || ${routine("p.prsheadline")}`,
      `'LEXTYPES ' || ${routine("p.prslextype")}`,
    ),
    from: "ns JOIN pg_catalog.pg_ts_parser p ON p.prsnamespace = ns.oid",
  },
  {
    schema: "t.tmplnamespace",
    catalog: "pg_ts_template",
    object: "t.oid",
    kind: "'text search template'",
    path: "t.tmplname",
    definition: words(
      `'INIT ' || ${routine("t.tmplinit")}`,
      `'LEXIZE ' || ${routine("t.tmpllexize")}`,
    ),
    from: "ns JOIN pg_catalog.pg_ts_template t ON t.tmplnamespace = ns.oid",
  },
];

/** Owners and privileges, as rows of schema, catalog, object, part, type for acldefault(), owner, list. */
const accessLists: readonly (readonly [
  kind: string,
  path: string,
  signature: string,
  ...string[],
])[] = [
  ["'schema'", "''", "NULL", "ns.oid", "'n'", "ns.nspowner", "ns.nspacl", "ns"],
  [
    "'relation'",
    "c.relname",
    "NULL",
    "c.relnamespace",
    `CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char"`,
    "c.relowner",
    "c.relacl",
    "rel JOIN pg_catalog.pg_class c ON c.oid = rel.oid WHERE c.relkind <> 'c'",
  ],
  [
    "'column'",
    "c.relname || '.' || a.attname",
    "NULL",
    "c.relnamespace",
    "'c'",
    "c.relowner",
    "a.attacl",
    "rel JOIN pg_catalog.pg_class c ON c.oid = rel.oid JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid WHERE a.attacl IS NOT NULL AND NOT a.attisdropped",
  ],
  [
    "'routine'",
    "p.proname",
    "'(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')'",
    "p.pronamespace",
    "'f'",
    "p.proowner",
    "p.proacl",
    `${ownedRoutines} WHERE NOT (p.pronargs = 0 AND p.proname = ANY ('{mig_versions_const,mig_digest_const,mig_rerun_fingerprint_const}'::pg_catalog.name[]))`,
  ],
  [
    "'type'",
    "t.typname",
    "NULL",
    "t.typnamespace",
    "'T'",
    "t.typowner",
    "t.typacl",
    `${ownedTypes} WHERE t.typtype IN ('e', 'd', 'r')`,
  ],
];

const grants = (list: string) =>
  `(SELECT pg_catalog.string_agg(g.g::pg_catalog.text, ' ' ORDER BY g.g::pg_catalog.text COLLATE "C") FROM pg_catalog.unnest(${list}) AS g(g))`;

/** Who owns what and who may do what: counted only if it is asked for. */
export const accessItems: readonly ItemQuery[] = [
  ...accessLists.map(
    ([kind, path, signature, schema = "", type, owner, list, from = ""]): ItemQuery => ({
      schema,
      catalog: "pg_namespace",
      object: "0",
      part: "-1",
      kind: "'access'",
      path: path === "''" ? kind : `${kind} || ' ' || ${path}`,
      signature,
      shared: words(
        `'OWNER ' || ${owner}::pg_catalog.regrole::pg_catalog.text`,
        `'GRANTS ' || ${grants(`coalesce(${list}, pg_catalog.acldefault(${type}, ${owner}))`)}`,
      ),
      from,
    }),
  ),
  {
    schema: "ns.oid",
    catalog: "pg_default_acl",
    object: "d.oid",
    part: "-1",
    kind: "'access'",
    path: "'default privileges'",
    shared: words(
      "d.defaclrole::pg_catalog.regrole::pg_catalog.text",
      "d.defaclobjtype::pg_catalog.text",
      grants("d.defaclacl"),
    ),
    from: "ns JOIN pg_catalog.pg_default_acl d ON d.defaclnamespace = ns.oid",
  },
];
