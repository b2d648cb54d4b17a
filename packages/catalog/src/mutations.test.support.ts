/** A change of one of two shards that are alike. */
export interface Mutation {
  readonly name: string;
  /** To be run with the shard on the search path. */
  readonly sql: string;
  /** The first major version that has it. @default all */
  readonly from?: number;
  /** What a comparison must tell, each as `what kind path`. */
  readonly sees: readonly string[];
}

/** Changes after which two shards are not interchangeable. */
export const mutations: readonly Mutation[] = [
  {
    name: "type of a column",
    sql: "ALTER TABLE child ALTER ref_id TYPE bigint",
    sees: ["differs column child.ref_id"],
  },
  {
    name: "typmod of a column",
    sql: "ALTER TABLE base ALTER size TYPE varchar(11)",
    sees: ["differs column base.size"],
  },
  {
    name: "scale of a column",
    sql: "ALTER TABLE base ALTER amount TYPE numeric(10,3)",
    sees: ["differs column base.amount"],
  },
  {
    name: "another default",
    sql: "ALTER TABLE child ALTER ref_id SET DEFAULT 7",
    sees: ["differs column child.ref_id"],
  },
  {
    name: "no default",
    sql: "ALTER TABLE base ALTER at DROP DEFAULT",
    sees: ["differs column base.at"],
  },
  {
    name: "default from a sequence of another shard",
    sql: "ALTER TABLE base ALTER next SET DEFAULT nextval('a1.counter')",
    sees: ["differs column base.next"],
  },
  {
    name: "NOT NULL",
    sql: "ALTER TABLE child ALTER ref_id SET NOT NULL",
    sees: ["differs column child.ref_id"],
  },
  {
    name: "no NOT NULL",
    sql: "ALTER TABLE base ALTER name DROP NOT NULL",
    sees: ["differs column base.name"],
  },
  {
    name: "storage of a column",
    sql: "ALTER TABLE base ALTER name SET STORAGE EXTERNAL",
    sees: ["differs column base.name"],
  },
  {
    name: "compression of a column",
    sql: "ALTER TABLE base ALTER name SET COMPRESSION pglz",
    sees: ["differs column base.name"],
  },
  {
    name: "statistics target of a column",
    sql: "ALTER TABLE base ALTER name SET STATISTICS 500",
    sees: ["differs column base.name"],
  },
  {
    name: "options of a column",
    sql: "ALTER TABLE base ALTER name SET (n_distinct = 5)",
    sees: ["differs column base.name"],
  },
  {
    name: "collation of a column",
    sql: 'ALTER TABLE child ALTER code TYPE text COLLATE "C"',
    sees: ["differs column child.code"],
  },
  {
    name: "collation of the shard for a column",
    sql: "ALTER TABLE child ALTER code TYPE text COLLATE german",
    sees: ["differs column child.code"],
  },
  {
    name: "identity of a column",
    sql: "ALTER TABLE base ALTER many DROP IDENTITY",
    sees: ["differs column base.many", "missing sequence base_many_seq"],
  },
  {
    name: "kind of identity",
    sql: "ALTER TABLE base ALTER many SET GENERATED ALWAYS",
    sees: ["differs column base.many"],
  },
  {
    name: "expression of a generated column",
    sql: "ALTER TABLE base DROP double; ALTER TABLE base ADD double int GENERATED ALWAYS AS (1 + 2) STORED",
    sees: ["differs column base.double", "differs column order base"],
  },
  {
    name: "no expression of a generated column",
    sql: "ALTER TABLE base ALTER double DROP EXPRESSION",
    sees: ["differs column base.double"],
  },
  {
    name: "new column",
    sql: "ALTER TABLE child ADD note text",
    sees: ["extra column child.note", "differs column order child"],
  },
  {
    name: "dropped column",
    sql: "ALTER TABLE child DROP ref_id",
    sees: ["missing column child.ref_id", "differs column order child"],
  },
  {
    name: "renamed column",
    sql: "ALTER TABLE child RENAME ref_id TO ref",
    sees: ["extra column child.ref", "missing column child.ref_id", "differs column order child"],
  },
  {
    name: "order of columns",
    sql: "ALTER TABLE child DROP ref_id; ALTER TABLE child DROP code; ALTER TABLE child ADD code text CONSTRAINT child_code UNIQUE DEFERRABLE; ALTER TABLE child ADD ref_id int",
    sees: ["differs column order child"],
  },
  {
    name: "renamed table",
    sql: "ALTER TABLE log RENAME TO logs",
    sees: [
      "missing inheritance log_2020 of <shard>.log",
      "extra inheritance log_2020 of <shard>.logs",
      "differs rule child.child_rule",
      "missing table log",
      "extra table logs",
    ],
  },
  {
    name: "unlogged table",
    sql: "ALTER TABLE parent SET UNLOGGED",
    sees: ["differs table parent"],
  },
  {
    name: "row level security",
    sql: "ALTER TABLE child ENABLE ROW LEVEL SECURITY",
    sees: ["differs table child"],
  },
  {
    name: "no row level security",
    sql: "ALTER TABLE base DISABLE ROW LEVEL SECURITY",
    sees: ["differs table base"],
  },
  {
    name: "forced row level security",
    sql: "ALTER TABLE base FORCE ROW LEVEL SECURITY",
    sees: ["differs table base"],
  },
  {
    name: "storage parameter of a table",
    sql: "ALTER TABLE base SET (fillfactor = 70)",
    sees: ["differs table base"],
  },
  {
    name: "autovacuum of a table",
    sql: "ALTER TABLE base SET (autovacuum_enabled = false)",
    sees: ["differs table base"],
  },
  {
    name: "storage parameter of a TOAST table",
    sql: "ALTER TABLE base SET (toast.autovacuum_enabled = false)",
    sees: ["differs table base"],
  },
  {
    name: "replica identity of a table",
    sql: "ALTER TABLE base REPLICA IDENTITY FULL",
    sees: ["differs table base"],
  },
  {
    name: "replica identity by an index",
    sql: "ALTER TABLE child ALTER code SET NOT NULL; CREATE UNIQUE INDEX child_ri ON child (code); ALTER TABLE child REPLICA IDENTITY USING INDEX child_ri",
    sees: ["differs column child.code", "extra index child_ri", "differs table child"],
  },
  {
    name: "table of a type",
    sql: "CREATE TABLE typed OF pair",
    sees: ["extra table typed"],
  },
  {
    name: "new check",
    sql: "ALTER TABLE child ADD CONSTRAINT positive CHECK (ref_id > 0)",
    sees: ["extra constraint child.positive"],
  },
  {
    name: "check that is not validated",
    sql: "ALTER TABLE child ADD CONSTRAINT positive CHECK (ref_id > 0) NOT VALID",
    sees: ["extra constraint child.positive"],
  },
  {
    name: "check that is not inherited",
    sql: "ALTER TABLE parent ADD CONSTRAINT own CHECK (a > 0) NO INHERIT",
    sees: ["extra constraint parent.own"],
  },
  {
    name: "dropped check",
    sql: "ALTER TABLE base DROP CONSTRAINT base_amount_check",
    sees: ["missing constraint base.base_amount_check"],
  },
  {
    name: "another expression of a check",
    sql: "ALTER TABLE base DROP CONSTRAINT base_amount_check; ALTER TABLE base ADD CONSTRAINT base_amount_check CHECK (amount >= 0)",
    sees: ["differs constraint base.base_amount_check"],
  },
  {
    name: "action of a foreign key",
    sql: "ALTER TABLE child DROP CONSTRAINT child_base; ALTER TABLE child ADD CONSTRAINT child_base FOREIGN KEY (base_id) REFERENCES base",
    sees: ["missing comment constraint child.child_base", "differs constraint child.child_base"],
  },
  {
    name: "deferrable foreign key",
    sql: "ALTER TABLE child ALTER CONSTRAINT child_base DEFERRABLE",
    sees: ["differs constraint child.child_base"],
  },
  {
    name: "foreign key that is deferred",
    sql: "ALTER TABLE child ALTER CONSTRAINT child_base DEFERRABLE INITIALLY DEFERRED",
    sees: ["differs constraint child.child_base"],
  },
  {
    name: "foreign key to another shard",
    sql: "ALTER TABLE child DROP CONSTRAINT child_base; ALTER TABLE child ADD CONSTRAINT child_base FOREIGN KEY (base_id) REFERENCES a1.base ON DELETE CASCADE",
    sees: ["missing comment constraint child.child_base", "differs constraint child.child_base"],
  },
  {
    name: "foreign key to public",
    sql: "ALTER TABLE child ADD CONSTRAINT child_ref FOREIGN KEY (ref_id) REFERENCES public.ref",
    sees: ["extra constraint child.child_ref"],
  },
  {
    name: "name of a constraint",
    sql: "ALTER TABLE child RENAME CONSTRAINT child_base TO child_up",
    sees: [
      "missing comment constraint child.child_base",
      "extra comment constraint child.child_up",
      "missing constraint child.child_base",
      "extra constraint child.child_up",
    ],
  },
  {
    name: "dropped primary key",
    sql: "ALTER TABLE child DROP CONSTRAINT child_pkey",
    sees: ["missing constraint child.child_pkey", "missing index child_pkey"],
  },
  {
    name: "exclusion constraint",
    sql: "ALTER TABLE child ADD CONSTRAINT alone EXCLUDE (ref_id WITH =)",
    sees: ["extra constraint child.alone", "extra index alone"],
  },
  {
    name: "dropped index",
    sql: "DROP INDEX base_name",
    sees: ["missing comment index base_name", "missing index base_name"],
  },
  {
    name: "renamed index",
    sql: "ALTER INDEX base_name RENAME TO base_names",
    sees: [
      "missing comment index base_name",
      "extra comment index base_names",
      "missing index base_name",
      "extra index base_names",
    ],
  },
  {
    name: "columns of an index",
    sql: "DROP INDEX base_name; CREATE INDEX base_name ON base (name, id)",
    sees: ["missing comment index base_name", "differs index base_name"],
  },
  {
    name: "order of an index",
    sql: "DROP INDEX base_name; CREATE INDEX base_name ON base (name DESC)",
    sees: ["missing comment index base_name", "differs index base_name"],
  },
  {
    name: "columns that an index includes",
    sql: "DROP INDEX base_name; CREATE INDEX base_name ON base (name) INCLUDE (id)",
    sees: ["missing comment index base_name", "differs index base_name"],
  },
  {
    name: "operator class of an index",
    sql: "DROP INDEX base_name; CREATE INDEX base_name ON base (name text_pattern_ops)",
    sees: ["missing comment index base_name", "differs index base_name"],
  },
  {
    name: "method of an index",
    sql: "DROP INDEX base_name; CREATE INDEX base_name ON base USING hash (name)",
    sees: ["missing comment index base_name", "differs index base_name"],
  },
  {
    name: "predicate of an index",
    sql: "DROP INDEX base_low; CREATE INDEX base_low ON base (lower(name)) WHERE id > 11",
    sees: ["differs index base_low"],
  },
  {
    name: "expression of an index",
    sql: "DROP INDEX base_low; CREATE INDEX base_low ON base (upper(name)) WHERE id > 10",
    sees: ["differs index base_low"],
  },
  {
    name: "index that is not unique",
    sql: "DROP INDEX base_size; CREATE INDEX base_size ON base (size)",
    sees: ["differs index base_size"],
  },
  {
    name: "storage parameter of an index",
    sql: "ALTER INDEX base_name SET (fillfactor = 50)",
    sees: ["differs index base_name"],
  },
  {
    name: "statistics target of an index",
    sql: "ALTER INDEX base_low ALTER 1 SET STATISTICS 300",
    sees: ["differs index base_low"],
  },
  {
    name: "new index",
    sql: "CREATE INDEX base_at ON base (at)",
    sees: ["extra index base_at"],
  },
  {
    name: "index that is invalid",
    sql: "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'base_name'::regclass",
    sees: ["differs index base_name"],
  },
  {
    name: "index that is left over",
    sql: "CREATE INDEX base_name_ccnew ON base (name); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'base_name_ccnew'::regclass",
    sees: ["extra leftover index base_name_ccnew"],
  },
  {
    name: "index on a partitioned table alone",
    sql: "CREATE INDEX log_at ON ONLY log (at)",
    sees: ["extra index log_at"],
  },
  {
    name: "body of a function",
    sql: "CREATE OR REPLACE FUNCTION twice(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i * 2'",
    sees: ["differs function twice(i integer)"],
  },
  {
    name: "body of a parsed function",
    sql: "CREATE OR REPLACE FUNCTION counted() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(*) FROM child; END",
    sees: ["differs function counted()"],
  },
  {
    name: "volatility of a function",
    sql: "ALTER FUNCTION twice STABLE",
    sees: ["differs function twice(i integer)"],
  },
  {
    name: "strictness of a function",
    sql: "ALTER FUNCTION twice STRICT",
    sees: ["differs function twice(i integer)"],
  },
  {
    name: "cost of a function",
    sql: "ALTER FUNCTION twice COST 5",
    sees: ["differs function twice(i integer)"],
  },
  {
    name: "parallel safety of a function",
    sql: "ALTER FUNCTION twice PARALLEL SAFE",
    sees: ["differs function twice(i integer)"],
  },
  {
    name: "leakproof function",
    sql: "ALTER FUNCTION twice LEAKPROOF",
    sees: ["differs function twice(i integer)"],
  },
  {
    name: "setting of a function",
    sql: "ALTER FUNCTION twice SET work_mem = '1MB'",
    sees: ["differs function twice(i integer)"],
  },
  {
    name: "rights of a function",
    sql: "ALTER FUNCTION twice SECURITY DEFINER",
    sees: ["differs function twice(i integer)"],
  },
  {
    name: "function that names another shard",
    sql: "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN PERFORM 1 FROM a1.base; RETURN NEW; END $$",
    sees: ["differs function touch()"],
  },
  {
    name: "path of a function to another shard",
    sql: "ALTER FUNCTION touch SET search_path = a1",
    sees: ["differs function touch()"],
  },
  {
    name: "default of an argument",
    sql: "CREATE OR REPLACE FUNCTION twice(i int DEFAULT 3) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * i'",
    sees: ["differs function twice(i integer)"],
  },
  {
    name: "name of an argument",
    sql: "DROP VIEW names; DROP FUNCTION twice; CREATE FUNCTION twice(j int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * j'",
    sees: [
      "missing function twice(i integer)",
      "extra function twice(j integer)",
      "missing view names",
    ],
  },
  {
    name: "overloaded function",
    sql: "CREATE FUNCTION twice(i bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 2 * i'",
    sees: ["extra function twice(i bigint)"],
  },
  {
    name: "body of a procedure",
    sql: "CREATE OR REPLACE PROCEDURE tidy() LANGUAGE sql AS 'DELETE FROM base'",
    sees: ["differs procedure tidy()"],
  },
  {
    name: "dropped procedure",
    sql: "DROP PROCEDURE tidy",
    sees: ["missing procedure tidy()"],
  },
  {
    name: "function that returns a set",
    sql: "CREATE FUNCTION several() RETURNS SETOF int LANGUAGE sql AS 'SELECT 1'",
    sees: ["extra function several()"],
  },
  {
    name: "expected rows of a function",
    sql: "CREATE FUNCTION several() RETURNS SETOF int LANGUAGE sql ROWS 5 AS 'SELECT 1'",
    sees: ["extra function several()"],
  },
  {
    name: "dropped trigger",
    sql: "DROP TRIGGER base_touch ON base",
    sees: ["missing trigger base.base_touch"],
  },
  {
    name: "disabled trigger",
    sql: "ALTER TABLE base DISABLE TRIGGER base_touch",
    sees: ["differs trigger base.base_touch"],
  },
  {
    name: "trigger on replicas",
    sql: "ALTER TABLE base ENABLE REPLICA TRIGGER base_touch",
    sees: ["differs trigger base.base_touch"],
  },
  {
    name: "condition of a trigger",
    sql: "DROP TRIGGER child_touch ON child; CREATE TRIGGER child_touch AFTER INSERT ON child FOR EACH ROW WHEN (NEW.id > 1) EXECUTE FUNCTION touch()",
    sees: ["differs trigger child.child_touch"],
  },
  {
    name: "events of a trigger",
    sql: "DROP TRIGGER base_touch ON base; CREATE TRIGGER base_touch BEFORE UPDATE OF name ON base FOR EACH ROW EXECUTE FUNCTION touch()",
    sees: ["differs trigger base.base_touch"],
  },
  {
    name: "renamed trigger",
    sql: "ALTER TRIGGER base_touch ON base RENAME TO touched",
    sees: ["missing trigger base.base_touch", "extra trigger base.touched"],
  },
  {
    name: "trigger with a function of another shard",
    sql: "DROP TRIGGER base_touch ON base; CREATE TRIGGER base_touch BEFORE UPDATE ON base FOR EACH ROW EXECUTE FUNCTION a1.touch()",
    sees: ["differs trigger base.base_touch"],
  },
  {
    name: "internal triggers that are off",
    sql: "ALTER TABLE child DISABLE TRIGGER ALL",
    sees: [
      'extra trigger child.child_base "RI_FKey_check_ins"()',
      'extra trigger child.child_base "RI_FKey_check_upd"()',
      "extra trigger child.child_code unique_key_recheck()",
      "differs trigger child.child_touch",
    ],
  },
  {
    name: "constraint trigger",
    sql: "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON child DEFERRABLE FOR EACH ROW EXECUTE FUNCTION touch()",
    sees: ["extra trigger child.late"],
  },
  {
    name: "new rule",
    sql: "CREATE RULE base_rule AS ON INSERT TO log DO NOTHING",
    sees: ["extra rule log.base_rule"],
  },
  {
    name: "changed rule",
    sql: "CREATE OR REPLACE RULE child_rule AS ON DELETE TO child DO ALSO DELETE FROM log WHERE id = 1",
    sees: ["differs rule child.child_rule"],
  },
  {
    name: "disabled rule",
    sql: "ALTER TABLE child DISABLE RULE child_rule",
    sees: ["differs rule child.child_rule"],
  },
  {
    name: "expression of a policy",
    sql: "ALTER POLICY base_policy ON base USING (id > 1)",
    sees: ["differs policy base.base_policy"],
  },
  {
    name: "role of a policy",
    sql: "ALTER POLICY base_policy ON base TO other_reader",
    sees: ["differs policy base.base_policy"],
  },
  {
    name: "policy for everybody",
    sql: "ALTER POLICY base_policy ON base TO PUBLIC",
    sees: ["differs policy base.base_policy"],
  },
  {
    name: "restrictive policy",
    sql: "CREATE POLICY narrow ON base AS RESTRICTIVE FOR UPDATE USING (true) WITH CHECK (id > 0)",
    sees: ["extra policy base.narrow"],
  },
  {
    name: "new value of an enum",
    sql: "ALTER TYPE mood ADD VALUE 'glad'",
    sees: ["differs enum mood"],
  },
  {
    name: "renamed value of an enum",
    sql: "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'",
    sees: ["differs column base.mood", "differs enum mood", "differs view names"],
  },
  {
    name: "place of a value of an enum",
    sql: "ALTER TYPE mood ADD VALUE 'so so' BEFORE 'ok'",
    sees: ["differs enum mood"],
  },
  {
    name: "check of a domain",
    sql: "ALTER DOMAIN positive ADD CONSTRAINT small CHECK (VALUE < 9)",
    sees: ["extra constraint positive.small"],
  },
  {
    name: "dropped check of a domain",
    sql: "ALTER DOMAIN positive DROP CONSTRAINT positive_check",
    sees: ["missing constraint positive.positive_check"],
  },
  {
    name: "NOT NULL of a domain",
    sql: "ALTER DOMAIN positive SET NOT NULL",
    sees: ["differs domain positive"],
  },
  {
    name: "default of a domain",
    sql: "ALTER DOMAIN positive SET DEFAULT 2",
    sees: ["differs domain positive"],
  },
  {
    name: "attribute of a composite type",
    sql: "ALTER TYPE pair ADD ATTRIBUTE c int",
    sees: ["extra column pair.c", "differs column order pair"],
  },
  {
    name: "type of an attribute",
    sql: "CREATE TYPE trio AS (a int, b int, c int)",
    sees: ["extra composite type trio"],
  },
  {
    name: "range",
    sql: "CREATE TYPE narrow AS RANGE (subtype = float8)",
    sees: ["extra cast from <shard>.narrow to <shard>.narrow_multirange", "extra range narrow"],
  },
  {
    name: "range without a difference",
    sql: "DROP TYPE span; CREATE TYPE span AS RANGE (subtype = float8)",
    sees: ["differs range span"],
  },
  {
    name: "name of a multirange",
    sql: "DROP TYPE span; CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi, multirange_type_name = spans)",
    sees: [
      "missing cast from <shard>.span to <shard>.span_multirange",
      "extra cast from <shard>.span to <shard>.spans",
      "differs range span",
    ],
  },
  {
    name: "text of a view",
    sql: "CREATE OR REPLACE VIEW names AS SELECT base.id, base.name, twice(base.id) AS twice FROM base JOIN child ON child.base_id = base.id WHERE base.mood = 'sad'",
    sees: ["differs view names"],
  },
  {
    name: "option of a view",
    sql: "ALTER VIEW names SET (security_barrier = true)",
    sees: ["differs view names"],
  },
  {
    name: "default of a view",
    sql: "ALTER VIEW names ALTER name SET DEFAULT 'y'",
    sees: ["differs column names.name"],
  },
  {
    name: "view that reads another shard",
    sql: "CREATE OR REPLACE VIEW names AS SELECT base.id, base.name, twice(base.id) AS twice FROM base JOIN a1.child ON child.base_id = base.id WHERE base.mood = 'ok'",
    sees: ["differs view names"],
  },
  {
    name: "view that calls another shard",
    sql: "CREATE OR REPLACE VIEW names AS SELECT base.id, base.name, a1.twice(base.id) AS twice FROM base JOIN child ON child.base_id = base.id WHERE base.mood = 'ok'",
    sees: ["differs view names"],
  },
  {
    name: "dropped view",
    sql: "DROP VIEW names",
    sees: ["missing view names"],
  },
  {
    name: "materialized view without data",
    sql: "REFRESH MATERIALIZED VIEW sums WITH NO DATA",
    sees: ["differs materialized view sums"],
  },
  {
    name: "index of a materialized view",
    sql: "CREATE INDEX sums_mood ON sums (mood)",
    sees: ["extra index sums_mood"],
  },
  {
    name: "increment of a sequence",
    sql: "ALTER SEQUENCE counter INCREMENT 3",
    sees: ["differs sequence counter"],
  },
  {
    name: "limit of a sequence",
    sql: "ALTER SEQUENCE counter MAXVALUE 2000",
    sees: ["differs sequence counter"],
  },
  {
    name: "cycle of a sequence",
    sql: "ALTER SEQUENCE counter CYCLE",
    sees: ["differs sequence counter"],
  },
  {
    name: "cache of a sequence",
    sql: "ALTER SEQUENCE counter CACHE 10",
    sees: ["differs sequence counter"],
  },
  {
    name: "start of a sequence",
    sql: "ALTER SEQUENCE counter START 5",
    sees: ["differs sequence counter"],
  },
  {
    name: "type of a sequence",
    sql: "ALTER SEQUENCE counter AS int",
    sees: ["differs sequence counter"],
  },
  {
    name: "owner of a sequence",
    sql: "ALTER SEQUENCE counter OWNED BY base.next",
    sees: ["differs sequence counter"],
  },
  {
    name: "sequence that belongs to nobody",
    sql: "ALTER SEQUENCE base_id_seq OWNED BY NONE",
    sees: ["differs sequence base_id_seq"],
  },
  {
    name: "new sequence",
    sql: "CREATE SEQUENCE further",
    sees: ["extra sequence further"],
  },
  {
    name: "dropped statistics",
    sql: "DROP STATISTICS base_stats",
    sees: ["missing statistics base_stats"],
  },
  {
    name: "kinds of statistics",
    sql: "DROP STATISTICS base_stats; CREATE STATISTICS base_stats (ndistinct) ON name, size FROM base",
    sees: ["differs statistics base_stats"],
  },
  {
    name: "statistics target of statistics",
    sql: "ALTER STATISTICS base_stats SET STATISTICS 400",
    sees: ["differs statistics base_stats"],
  },
  {
    name: "comment on a table",
    sql: "COMMENT ON TABLE base IS 'Some of it'",
    sees: ["differs comment table base"],
  },
  {
    name: "no comment on a table",
    sql: "COMMENT ON TABLE base IS NULL",
    sees: ["missing comment table base"],
  },
  {
    name: "comment on a column",
    sql: "COMMENT ON COLUMN base.name IS 'Another name'",
    sees: ["differs comment column base.name"],
  },
  {
    name: "comment on an index",
    sql: "COMMENT ON INDEX base_name IS 'Slow'",
    sees: ["differs comment index base_name"],
  },
  {
    name: "comment on a constraint",
    sql: "COMMENT ON CONSTRAINT child_base ON child IS 'Points down'",
    sees: ["differs comment constraint child.child_base"],
  },
  {
    name: "comment on a function",
    sql: "COMMENT ON FUNCTION twice IS 'Doubles'",
    sees: ["extra comment function twice(i integer)"],
  },
  {
    name: "comment on a type",
    sql: "COMMENT ON TYPE pair IS 'Two'",
    sees: ["extra comment composite type pair"],
  },
  {
    name: "comment on an attribute",
    sql: "COMMENT ON COLUMN pair.a IS 'One'",
    sees: ["extra comment column pair.a"],
  },
  {
    name: "comment on a trigger",
    sql: "COMMENT ON TRIGGER base_touch ON base IS 'Touches'",
    sees: ["extra comment trigger base.base_touch"],
  },
  {
    name: "comment on a schema",
    sql: "DO $$ BEGIN EXECUTE format('COMMENT ON SCHEMA %I IS ''Another''', current_schema()); END $$",
    sees: ["differs comment schema"],
  },
  {
    name: "comment that names another shard",
    sql: "DO $$ BEGIN EXECUTE format('COMMENT ON SCHEMA %I IS ''The shard a3''', current_schema()); END $$",
    sees: ["differs comment schema"],
  },
  {
    name: "bound of a partition",
    sql: "ALTER TABLE log DETACH PARTITION log_2020; ALTER TABLE log ATTACH PARTITION log_2020 FOR VALUES FROM ('2020-01-01') TO ('2022-01-01')",
    sees: ["differs table log_2020"],
  },
  {
    name: "default partition",
    sql: "CREATE TABLE log_rest PARTITION OF log DEFAULT",
    sees: ["extra table log_rest"],
  },
  {
    name: "detached partition",
    sql: "ALTER TABLE log DETACH PARTITION log_2020",
    sees: [
      "differs column log_2020.at",
      "differs column log_2020.id",
      "missing inheritance log_2020 of <shard>.log",
      "differs table log_2020",
    ],
  },
  {
    name: "key of a partitioned table",
    sql: "DROP TABLE log CASCADE; CREATE TABLE log (id int, at date) PARTITION BY LIST (at)",
    sees: ["missing rule child.child_rule", "differs table log", "missing table log_2020"],
  },
  {
    name: "no parent",
    sql: "ALTER TABLE derived NO INHERIT parent",
    sees: ["differs column derived.a", "missing inheritance derived of <shard>.parent"],
  },
  {
    name: "further parent",
    sql: "CREATE TABLE mother (); ALTER TABLE derived INHERIT mother",
    sees: ["extra inheritance derived of <shard>.mother", "extra table mother"],
  },
  {
    name: "publication of a table",
    sql: "ALTER PUBLICATION pub_other ADD TABLE base",
    sees: ["extra publication base"],
  },
  {
    name: "no publication",
    sql: "DO $$ BEGIN EXECUTE format('DROP PUBLICATION %I', 'pub_' || current_schema()); END $$",
    sees: ["missing publication child"],
  },
  {
    name: "new table",
    sql: "CREATE TABLE extra (id int PRIMARY KEY, note text)",
    sees: ["extra table extra"],
  },
  {
    name: "dropped table",
    sql: "DROP TABLE log CASCADE",
    sees: ["missing rule child.child_rule", "missing table log", "missing table log_2020"],
  },
  {
    name: "dropped table with a sequence",
    sql: "DROP TABLE base CASCADE",
    sees: [
      "missing comment constraint child.child_base",
      "missing constraint child.child_base",
      "missing function counted()",
      "missing materialized view sums",
      "missing statistics base_stats",
      "missing table base",
      "missing view names",
    ],
  },
  {
    name: "new aggregate",
    sql: "CREATE AGGREGATE many (int) (sfunc = int4pl, stype = int)",
    sees: ["extra aggregate many(integer)"],
  },
  {
    name: "state of an aggregate",
    sql: "CREATE OR REPLACE AGGREGATE total (int) (sfunc = int4pl, stype = int, initcond = '1')",
    sees: ["differs aggregate total(integer)"],
  },
  {
    name: "transition function of an aggregate",
    sql: "CREATE OR REPLACE AGGREGATE total (int) (sfunc = int4mul, stype = int, initcond = '0')",
    sees: ["differs aggregate total(integer)"],
  },
  {
    name: "final function of an aggregate",
    sql: "CREATE OR REPLACE AGGREGATE total (int) (sfunc = int4pl, stype = int, initcond = '0', finalfunc = int4abs)",
    sees: ["differs aggregate total(integer)"],
  },
  {
    name: "modification by a final function",
    sql: "CREATE OR REPLACE AGGREGATE total (int) (sfunc = int4pl, stype = int, initcond = '0', finalfunc_modify = read_write)",
    sees: ["differs aggregate total(integer)"],
  },
  {
    name: "moving state of an aggregate",
    sql: "CREATE OR REPLACE AGGREGATE total (int) (sfunc = int4pl, stype = int, initcond = '0', msfunc = int4pl, minvfunc = int4mi, mstype = int)",
    sees: ["differs aggregate total(integer)"],
  },
  {
    name: "combination of an aggregate",
    sql: "CREATE OR REPLACE AGGREGATE total (int) (sfunc = int4pl, stype = int, initcond = '0', combinefunc = int4pl)",
    sees: ["differs aggregate total(integer)"],
  },
  {
    name: "dropped aggregate",
    sql: "DROP AGGREGATE total (int)",
    sees: ["missing aggregate total(integer)"],
  },
  {
    name: "estimator of an operator",
    sql: "ALTER OPERATOR === (mood, mood) SET (restrict = eqsel)",
    sees: ["differs operator ===(<shard>.mood, <shard>.mood)"],
  },
  {
    name: "operator without a commutator",
    sql: "DROP OPERATOR === (mood, mood) CASCADE; CREATE OPERATOR === (leftarg = mood, rightarg = mood, function = mood_same)",
    sees: [
      "differs operator ===(<shard>.mood, <shard>.mood)",
      "missing operator class mood_class USING hash",
      "differs operator family mood_ops USING hash",
    ],
  },
  {
    name: "support function of an operator class",
    sql: "DROP OPERATOR CLASS mood_class USING hash; CREATE FUNCTION other_hash(mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'; CREATE OPERATOR CLASS mood_class FOR TYPE mood USING hash FAMILY mood_ops AS OPERATOR 1 === (mood, mood), FUNCTION 1 (mood, mood) other_hash(mood)",
    sees: [
      "extra function other_hash(<shard>.mood)",
      "differs operator family mood_ops USING hash",
    ],
  },
  {
    name: "default operator class",
    sql: "DROP OPERATOR CLASS mood_class USING hash; CREATE OPERATOR CLASS mood_class DEFAULT FOR TYPE mood USING hash FAMILY mood_ops AS OPERATOR 1 === (mood, mood), FUNCTION 1 (mood, mood) mood_hash(mood)",
    sees: ["differs operator class mood_class USING hash"],
  },
  {
    name: "member of an operator family",
    sql: "ALTER OPERATOR FAMILY mood_ops USING hash ADD OPERATOR 1 = (int, int)",
    sees: ["differs operator family mood_ops USING hash"],
  },
  {
    name: "dropped cast",
    sql: "DROP CAST (mood AS varchar)",
    sees: ["missing cast from <shard>.mood to character varying"],
  },
  {
    name: "context of a cast",
    sql: "DROP CAST (mood AS varchar); CREATE CAST (mood AS varchar) WITH FUNCTION mood_text(mood) AS ASSIGNMENT",
    sees: ["differs cast from <shard>.mood to character varying"],
  },
  {
    name: "new cast",
    sql: "CREATE CAST (pair AS text) WITH INOUT",
    sees: ["extra cast from <shard>.pair to text"],
  },
  {
    name: "template of a dictionary",
    sql: "DROP TEXT SEARCH CONFIGURATION search; DROP TEXT SEARCH DICTIONARY words; CREATE TEXT SEARCH DICTIONARY words (template = synonym, synonyms = synonym_sample); CREATE TEXT SEARCH CONFIGURATION search (parser = default); ALTER TEXT SEARCH CONFIGURATION search ADD MAPPING FOR word WITH words",
    sees: ["differs text search dictionary words"],
  },
  {
    name: "option of a dictionary",
    sql: "ALTER TEXT SEARCH DICTIONARY words (accept = true)",
    sees: ["differs text search dictionary words"],
  },
  {
    name: "mapping of a configuration",
    sql: "ALTER TEXT SEARCH CONFIGURATION search ADD MAPPING FOR email WITH words",
    sees: ["differs text search configuration search"],
  },
  {
    name: "function of a conversion",
    sql: "DROP CONVERSION latin; CREATE CONVERSION latin FOR 'LATIN2' TO 'UTF8' FROM iso8859_to_utf8",
    sees: ["differs conversion latin"],
  },
  {
    name: "dropped conversion",
    sql: "DROP CONVERSION latin",
    sees: ["missing conversion latin"],
  },
  {
    name: "default conversion",
    sql: "DROP CONVERSION latin; CREATE DEFAULT CONVERSION latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
    sees: ["differs conversion latin"],
  },
  {
    name: "locale of a collation",
    sql: "DROP COLLATION german; CREATE COLLATION german (provider = libc, locale = 'POSIX')",
    sees: ["differs collation german FOR UTF8"],
  },
  {
    name: "dropped collation",
    sql: "DROP COLLATION german",
    sees: ["missing collation german FOR UTF8"],
  },
  {
    name: "options of a foreign table",
    sql: "ALTER FOREIGN TABLE far_away OPTIONS (SET password 'hunter3')",
    sees: ["differs foreign options far_away"],
  },
  {
    name: "further option of a foreign table",
    sql: "ALTER FOREIGN TABLE far_away OPTIONS (ADD fetch '3')",
    sees: ["differs foreign options far_away"],
  },
  {
    name: "options of a foreign column",
    sql: "ALTER FOREIGN TABLE far_away ALTER id OPTIONS (SET secret_name 'hunter4')",
    sees: ["differs foreign options far_away.id"],
  },
  {
    name: "server of a foreign table",
    sql: "DROP FOREIGN TABLE far_away; DO $$ BEGIN EXECUTE format('CREATE FOREIGN TABLE far_away (id int OPTIONS (secret_name ''hunter1'')) SERVER farther OPTIONS (schema_name %L, password ''hunter2'')', current_schema()); END $$",
    sees: ["differs foreign options far_away"],
  },
  {
    name: "new extension",
    sql: "CREATE EXTENSION pg_trgm",
    sees: ["extra extension pg_trgm"],
  },
  {
    name: "column that stays without its parent",
    sql: "ALTER TABLE derived NO INHERIT parent; ALTER TABLE derived INHERIT parent",
    sees: ["differs column derived.a"],
  },
  {
    name: "rows of a publication",
    sql: "ALTER PUBLICATION pub_other ADD TABLE child WHERE (id > 0)",
    from: 15,
    sees: ["extra publication child", "extra publication filter child"],
  },
  {
    name: "columns of a publication",
    sql: "ALTER PUBLICATION pub_other ADD TABLE child (id)",
    from: 15,
    sees: ["extra publication child", "extra publication filter child"],
  },
  {
    name: "publication of the schema",
    sql: "CREATE PUBLICATION pub_third; DO $$ BEGIN EXECUTE format('ALTER PUBLICATION pub_third ADD TABLES IN SCHEMA %I', current_schema()); END $$",
    from: 15,
    sees: ["extra publication *"],
  },
  {
    name: "NULLs that are not distinct",
    sql: "DROP INDEX base_size; CREATE UNIQUE INDEX base_size ON base (size) NULLS NOT DISTINCT",
    from: 15,
    sees: ["differs index base_size"],
  },
  {
    name: "unlogged sequence",
    sql: "ALTER SEQUENCE counter SET UNLOGGED",
    from: 15,
    sees: ["differs sequence counter"],
  },
  {
    name: "columns that a foreign key sets",
    sql: "ALTER TABLE child DROP CONSTRAINT child_base; ALTER TABLE child ADD CONSTRAINT child_base FOREIGN KEY (base_id) REFERENCES base ON DELETE SET NULL (base_id)",
    from: 15,
    sees: ["missing comment constraint child.child_base", "differs constraint child.child_base"],
  },
  {
    name: "rights of a view",
    sql: "ALTER VIEW names SET (security_invoker = true)",
    from: 15,
    sees: ["differs view names"],
  },
  {
    name: "expression that was set",
    sql: "ALTER TABLE base ALTER double SET EXPRESSION AS (1 + 2)",
    from: 17,
    sees: ["differs column base.double"],
  },
  {
    name: "virtual column",
    sql: "ALTER TABLE child ADD twofold int GENERATED ALWAYS AS (id * 2) VIRTUAL",
    from: 18,
    sees: ["extra column child.twofold", "differs column order child"],
  },
  {
    name: "NOT NULL that is not validated",
    sql: "ALTER TABLE child ADD CONSTRAINT ref_there NOT NULL ref_id NOT VALID",
    from: 18,
    sees: ["differs column child.ref_id", "extra constraint child.ref_there"],
  },
  {
    name: "NOT NULL that is not inherited",
    sql: "ALTER TABLE parent ADD CONSTRAINT a_there NOT NULL a NO INHERIT",
    from: 18,
    sees: ["differs column parent.a", "extra constraint parent.a_there"],
  },
  {
    name: "check that is not enforced",
    sql: "ALTER TABLE child ADD CONSTRAINT positive CHECK (ref_id > 0) NOT ENFORCED",
    from: 18,
    sees: ["extra constraint child.positive"],
  },
  {
    name: "foreign key that is not enforced",
    sql: "ALTER TABLE child ALTER CONSTRAINT child_base NOT ENFORCED",
    from: 18,
    sees: ["differs constraint child.child_base"],
  },
];

/** Changes of owners and privileges, which count only if they are asked for. */
export const accessMutations: readonly Mutation[] = [
  {
    name: "grant on a table",
    sql: "GRANT SELECT ON base TO app_reader",
    sees: ["differs access relation base"],
  },
  {
    name: "grant on a column",
    sql: "GRANT SELECT (id) ON base TO app_reader",
    sees: ["extra access column base.id"],
  },
  {
    name: "grant on a sequence",
    sql: "GRANT USAGE ON SEQUENCE counter TO app_reader",
    sees: ["differs access relation counter"],
  },
  {
    name: "grant on a function",
    sql: "REVOKE EXECUTE ON FUNCTION twice(int) FROM PUBLIC",
    sees: ["differs access routine twice(i integer)"],
  },
  {
    name: "grant on a type",
    sql: "REVOKE USAGE ON TYPE mood FROM PUBLIC",
    sees: ["differs access type mood"],
  },
  {
    name: "grant on the schema",
    sql: "DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO app_reader', current_schema()); END $$",
    sees: ["differs access schema"],
  },
  {
    name: "grant on a view",
    sql: "GRANT SELECT ON names TO app_reader",
    sees: ["differs access relation names"],
  },
  {
    name: "owner of a table",
    sql: "ALTER TABLE base OWNER TO app_reader",
    sees: [
      "differs access relation base",
      "differs access relation base_id_seq",
      "differs access relation base_many_seq",
    ],
  },
  {
    name: "owner of a function",
    sql: "ALTER FUNCTION twice OWNER TO app_reader",
    sees: ["differs access routine twice(i integer)"],
  },
  {
    name: "owner of a type",
    sql: "ALTER TYPE mood OWNER TO app_reader",
    sees: ["differs access type mood"],
  },
  {
    name: "owner of the schema",
    sql: "DO $$ BEGIN EXECUTE format('ALTER SCHEMA %I OWNER TO app_reader', current_schema()); END $$",
    sees: ["differs access schema"],
  },
  {
    name: "default privileges",
    sql: "DO $$ BEGIN EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO app_reader', current_schema()); END $$",
    sees: ["extra access default privileges"],
  },
];

/** Changes after which two shards still are interchangeable. */
export const harmless: readonly Pick<Mutation, "name" | "sql">[] = [
  {
    name: "rows",
    sql: "INSERT INTO child VALUES (1)",
  },
  {
    name: "nextval",
    sql: "SELECT nextval('counter')",
  },
  {
    name: "setval",
    sql: "SELECT setval('counter', 77)",
  },
  {
    name: "restarted sequence",
    sql: "ALTER SEQUENCE counter RESTART",
  },
  {
    name: "column that was added and dropped",
    sql: "ALTER TABLE child ADD gone int; ALTER TABLE child DROP gone",
  },
  {
    name: "rewritten table",
    sql: "ALTER TABLE child ALTER ref_id TYPE bigint; ALTER TABLE child ALTER ref_id TYPE int",
  },
  {
    name: "truncated table",
    sql: "TRUNCATE child",
  },
  {
    name: "rebuilt index",
    sql: "REINDEX TABLE base",
  },
  {
    name: "analyzed table",
    sql: "ANALYZE base",
  },
  {
    name: "clustered table",
    sql: "CLUSTER base USING base_pkey",
  },
  {
    name: "index that was made anew",
    sql: "DROP INDEX base_name; CREATE INDEX base_name ON base (name); COMMENT ON INDEX base_name IS 'Quick'",
  },
  {
    name: "table that was made anew",
    sql: "DROP TABLE derived; CREATE TABLE derived (b int) INHERITS (parent)",
  },
  {
    name: "function that was replaced by the same",
    sql: "CREATE OR REPLACE FUNCTION twice(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * i'",
  },
  {
    name: "moved ledger",
    sql: 'CREATE OR REPLACE FUNCTION mig_versions_const() RETURNS text LANGUAGE sql AS $$ SELECT \'["1.x.a","2.y.a"]\'; $$',
  },
  {
    name: "default that was set to the same",
    sql: "ALTER TABLE base ALTER at SET DEFAULT now()",
  },
  {
    name: "last column that was made anew",
    sql: "ALTER TABLE child DROP code; ALTER TABLE child ADD code text CONSTRAINT child_code UNIQUE DEFERRABLE",
  },
  {
    name: "option that was set and reset",
    sql: "ALTER TABLE base SET (fillfactor = 70); ALTER TABLE base RESET (fillfactor)",
  },
  {
    name: "refreshed view",
    sql: "REFRESH MATERIALIZED VIEW sums",
  },
  {
    name: "settings of the session",
    sql: "SET LOCAL DateStyle = 'SQL, DMY'; SET LOCAL IntervalStyle = 'iso_8601'; SET LOCAL TimeZone = 'Asia/Tokyo'; SET LOCAL extra_float_digits = 3; SET LOCAL quote_all_identifiers = on; SET LOCAL bytea_output = 'escape'; SET LOCAL standard_conforming_strings = off",
  },
  {
    name: "storage that was set back",
    sql: "ALTER TABLE base ALTER name SET STORAGE EXTERNAL; ALTER TABLE base ALTER name SET STORAGE EXTENDED",
  },
  {
    name: "grant",
    sql: "GRANT SELECT ON base TO app_reader",
  },
  {
    name: "owner",
    sql: "ALTER TABLE base OWNER TO app_reader",
  },
  {
    name: "statistics target that was set back",
    sql: "ALTER TABLE base ALTER name SET STATISTICS 10; ALTER TABLE base ALTER name SET STATISTICS -1",
  },
  {
    name: "trigger that was disabled and enabled",
    sql: "ALTER TABLE child DISABLE TRIGGER ALL; ALTER TABLE child ENABLE TRIGGER ALL",
  },
  {
    name: "policy that was made anew",
    sql: "DROP POLICY base_policy ON base; CREATE POLICY base_policy ON base FOR SELECT TO app_reader USING (id > 0)",
  },
  {
    name: "comment that was taken back",
    sql: "COMMENT ON TABLE base IS 'x'; COMMENT ON TABLE base IS 'All of it'",
  },
  {
    name: "view that was replaced by the same",
    sql: "CREATE OR REPLACE VIEW names AS SELECT base.id, base.name, twice(base.id) AS twice FROM base JOIN child ON child.base_id = base.id WHERE base.mood = 'ok'",
  },
  {
    name: "options of a foreign table in another order",
    sql: "ALTER FOREIGN TABLE far_away OPTIONS (DROP schema_name); DO $$ BEGIN EXECUTE format('ALTER FOREIGN TABLE far_away OPTIONS (ADD schema_name %L)', current_schema()); END $$",
  },
  {
    name: "constraint that was validated",
    sql: "ALTER TABLE child DROP CONSTRAINT child_base; ALTER TABLE child ADD CONSTRAINT child_base FOREIGN KEY (base_id) REFERENCES base ON DELETE CASCADE NOT VALID; ALTER TABLE child VALIDATE CONSTRAINT child_base; COMMENT ON CONSTRAINT child_base ON child IS 'Points up'",
  },
  {
    name: "moved rows of a partition",
    sql: "INSERT INTO log VALUES (1, '2020-02-02'); UPDATE log SET at = '2020-03-03'",
  },
];
