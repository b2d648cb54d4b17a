import fc from "fast-check";

const statements = [
  "insert into t values (1, 'it''s; \\if');",
  "insert into t select i, 'row ' || i from generate_series(1, 5) i;",
  "update t set b = upper(b);",
  "delete from t where a > 3;",
  "create table u as select * from t;",
  "drop table if exists u;",
  "do $$ begin insert into t values (7, $q$ ; $q$); end $$;",
  "create or replace function f(x int) returns int language sql begin atomic select x + 1; select x; end;",
  "select 1 \\; insert into t values (8, 'glued');",
  "begin; insert into t values (9, 'committed'); commit;",
  "begin; insert into t values (10, 'lost'); rollback;",
  "insert into t values (:n, :'s');",
  "insert into t(a) values (:ROW_COUNT);",
  'create table if not exists :"s" (a int);',
  "/* c ; */ insert into t values (11, '-- no comment'); -- comment ;",
  "select count(*) as n, max(b) as s from t \\gset\n\\echo :n :s",
  "select 'insert into t values (' || a || ', ''x'')' from t where a < 3 order by a \\gexec",
  "select null as n \\gset\n\\echo :{?n} :ROW_COUNT :ERROR",
  "copy t from stdin;\n20\ta\\tb\n21\t\\N\n\\.",
  "copy t (a) from stdin (format csv);\n22\n\\.\n\\echo copied :ROW_COUNT",
  '\\copy t from stdin csv\n23,"x;y"\n\\.',
  "/* binary */ copy t from stdin; -- not binary\n24\tbinary\n\\.",
  "insert into t values (30, 'a\\b''; c');",
  "set standard_conforming_strings = off;\ninsert into t values (31, 'it\\'s; \\\\');\nreset standard_conforming_strings;",
  "select set_config('standard_conforming_strings', 'off', false) as s \\gset\ninsert into t values (32, 'a\\'; \\echo b');\nset standard_conforming_strings to on;",
  "copy t to stdout;",
  "copy t to stdout; insert into t(a) values (:ROW_COUNT);",
  "select 1 \\; copy t to stdout;\n\\echo :ROW_COUNT",
  "\\copy t to stdout\n\\echo :ROW_COUNT",
  "\\copy t to /dev/null\n\\echo :ROW_COUNT",
  "select 'insert into t select generate_series(1, 5)' \\gexec\n\\echo :ROW_COUNT",
  'select 5 as "ROW_COUNT" \\gset\n\\echo :ROW_COUNT',
  "\\set ON_ERROR_STOP off\nselect 'select 1/0' union all select 'table t' \\gexec\n\\echo :ROW_COUNT :ERROR\n\\set ON_ERROR_STOP on",
  "\\set ON_ERROR_STOP off\nselect 1, 2 \\crosstabview\n\\echo :ROW_COUNT :ERROR\n\\set ON_ERROR_STOP on",
  "select a, b, 1 from (select distinct on (a) * from t order by a) t \\crosstabview\n\\echo :ROW_COUNT",
  "\\set n 42",
  "\\set s 'a ''b'' c'",
  "\\set s `echo from shell`",
  "\\unset s",
  "\\echo :n :'s' \":s\" '\\x41' end;",
  "\\if :{?s} \\echo set \\else \\echo unset \\endif",
  "\\if true\n\\echo yes\n\\elif true\n\\echo no\n\\endif",
  "\\if no\ninsert into t values (100, 'never');\n\\else\ninsert into t values (12, 'else');\n\\endif",
  "\\getenv s HOME\n\\setenv X y\n\\getenv n X",
  "\\encoding UTF8",
  "\\p",
  "select 5 as n; \\gset\n\\echo :n",
  "\\ir included.sql",
  "\\i included.sql",
  "\\warn careful",
  "\\! echo shell",
  "\\restrict k\nselect 1;\n\\unrestrict k",
] as const;

const failures = [
  "select 1/0;",
  "insert into nosuch values (1);",
  "selec 1;",
  "select 1 as a, 2 as b union select 3, 4 \\gset",
  "select 1 \\gset",
  "\\nosuch",
  "\\drop table t;",
  "select 1, 2 \\crosstabview",
  "\\i nosuch.sql",
  "\\endif",
  "\\set ON_ERROR_STOP maybe",
  "\\copy t from nosuch.csv",
  "copy t from stdin;\nnot a number\n\\.",
  "create unique index on t (a);",
] as const;

/** The file that the scripts include. */
export const included =
  "insert into t values (13, 'included');\n\\echo in include :n\n\\set n 14\n";

/** A script that mostly works: statements and commands that act on the tables `t` and `u`. */
export function runningScript(): fc.Arbitrary<string> {
  const step = fc.oneof(
    { weight: 14, arbitrary: fc.constantFrom(...statements) },
    { weight: 1, arbitrary: fc.constantFrom(...failures) },
  );
  return fc
    .array(step, { minLength: 1, maxLength: 15 })
    .map((steps) => ["\\o /dev/null", ...steps, ""].join("\n"));
}
