import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

/** Leaves all that a session can hold, in the shapes that outlive a COMMIT. */
const leaveStatements = `
  SET work_mem = '7MB'; SET statement_timeout = '1h'; SET search_path = pg_catalog;
  SET default_transaction_isolation = 'serializable';
  CREATE TEMP TABLE left_table AS SELECT 1 AS one;
  CREATE TEMP SEQUENCE left_sequence;
  PREPARE left_statement AS SELECT 1;
  DECLARE left_cursor CURSOR WITH HOLD FOR SELECT 1;
  SELECT pg_advisory_lock(4711);
  LISTEN left_channel;
  SET ROLE pg_monitor;
`;

/** Writes down what a file finds in its session. */
const see = `
  INSERT INTO public.seen(what) SELECT json_build_object(
    'work_mem', current_setting('work_mem'),
    'statement_timeout', current_setting('statement_timeout'),
    'isolation', current_setting('default_transaction_isolation'),
    'role', current_user,
    'search_path', array_remove(current_schemas(false), current_schema()),
    'temporary', ARRAY(SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()),
    'prepared', ARRAY(SELECT name FROM pg_prepared_statements),
    'cursors', ARRAY(SELECT name FROM pg_cursors WHERE name <> ''),
    'locks', (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objid = 4711),
    'channels', ARRAY(SELECT pg_listening_channels()),
    'mine', current_setting('my.setting', true)
  );
`;

/** What a file finds in a session that nothing has touched. */
const freshState = {
  work_mem: "4MB",
  statement_timeout: "0",
  isolation: "read committed",
  search_path: [],
  temporary: [],
  prepared: [],
  cursors: [],
  locks: 0,
  channels: [],
  mine: null,
};

async function watched({ shards = ["sh1"] } = {}) {
  const prepared = await scenario({ shards });
  await prepared.database.query(
    "CREATE TABLE seen(n int GENERATED ALWAYS AS IDENTITY, what json); CREATE TABLE t(id int)",
  );
  const [role] = await prepared.column("SELECT current_user::text");
  return {
    ...prepared,
    fresh: { ...freshState, role },
    seen: () => prepared.column("SELECT what FROM seen ORDER BY n"),
    /** Applies with one shard at a time, so that all files could meet in one session. */
    apply: () => prepared.pgMig(["--parallelism=1"]),
  };
}

describe("what a file leaves in its session does not reach the next one:", () => {
  it.each([
    ["settings, role, temporary tables, statements, cursors, locks, channels", leaveStatements],
    ["a setting of its own", "SET my.setting = 'left';"],
    ["one that was meant for its transaction", "SET LOCAL my.setting = 'left';"],
    ["one with quotes and blanks", `SET SESSION "my" . "setting" TO 'left';`],
    ["one made in a block", "DO $$ BEGIN PERFORM set_config('my.setting', '1', false); END $$;"],
    ["one put together", "DO $$ BEGIN EXECUTE format('SET %I.%I = 1', 'my', 'setting'); END $$;"],
    ["one named by a variable of psql", "\\set name my.setting\nSET :name = 1;\n"],
    ["one made by \\gexec", "SELECT 'SET my.setting = 1' \\gexec\n"],
    ["one in an included file", "\\ir sub/set.sql\n"],
    [
      "what is left outside of a transaction",
      `-- $parallelism_per_host = 1
      COMMIT;
      DROP INDEX IF EXISTS public.t_id;
      CREATE INDEX CONCURRENTLY t_id ON public.t(id);
      ${leaveStatements}
      SET my.setting = 'left';
      BEGIN;`,
    ],
  ])("%s", async (_, leave) => {
    const { migrations, write, apply, seen, fresh } = await watched();
    await write("mig/sub/set.sql", "SET my.setting = 'left';");
    await migrations({ "1.leave.sh": leave, "2.see.sh": see });
    expect(await apply()).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("2 of 2 steps applied"),
    });
    expect(await seen()).toEqual([fresh]);
  });

  it("what a file leaves that fails", async () => {
    const { migrations, apply, seen, fresh } = await watched({ shards: ["sh1", "sh2"] });
    await migrations({
      "1.leave.sh1": `${leaveStatements} SET my.setting = 'left'; SELECT 1/0;`,
      "1.see.sh2": see,
    });
    expect(await apply()).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("division by zero"),
    });
    expect(await seen()).toEqual([fresh]);
  });

  it("what before.sql, a file and its dn file leave", async () => {
    const { migrations, apply, pgMig, seen, fresh } = await watched({ shards: ["sh1", "sh2"] });
    const leave = `${leaveStatements} SET my.setting = 'left';`;
    await migrations({
      "before.sql": leave,
      "1.see.sh": `${see} ${leave}`,
      "1.see.sh.dn.sql": `${see} ${leave}`,
      "after.sql": see,
    });
    expect((await apply()).status).toBe(0);
    expect(await seen()).toEqual([fresh, fresh, fresh]);
    expect((await pgMig(["--undo=1.see.sh", "--parallelism=1"])).status).toBe(0);
    expect(await seen()).toEqual(Array(6).fill(fresh));
  });

  it("the seed of random()", async () => {
    const { migrations, apply, column } = await watched({ shards: ["sh1", "sh2"] });
    await migrations({
      "1.seed.sh": "SELECT setseed(0.5);",
      "2.see.sh": "INSERT INTO public.seen(what) SELECT to_json(random());",
    });
    expect((await apply()).status).toBe(0);
    expect(await column("SELECT DISTINCT what::text FROM seen")).toHaveLength(2);
  });
});

describe("what code leaves that a definition runs does not reach ledger or next file:", () => {
  const codeOfLongAgo = `
    CREATE FUNCTION public.leave(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
      PERFORM set_config('search_path', 'public', false), set_config('work_mem', '7MB', false);
      RETURN $1;
    END $$;
    CREATE DOMAIN public.checked AS int CHECK (public.leave(1) = 1);
    CREATE TABLE public.filled(id int); INSERT INTO public.filled VALUES (1);
    CREATE TABLE public.parted(id int) PARTITION BY LIST (id);
  `;
  const eventTrigger = `
    CREATE FUNCTION public.on_end() RETURNS event_trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM public.leave(1); END $$;
    CREATE EVENT TRIGGER on_end ON ddl_command_end EXECUTE FUNCTION public.on_end()
  `;

  it.each([
    ["a domain", "ALTER TABLE public.filled ADD c public.checked;", ""],
    ["a cast", "ALTER TABLE public.filled ALTER id TYPE public.checked;", ""],
    ["a bound", "CREATE TABLE p PARTITION OF public.parted FOR VALUES IN (public.leave(1));", ""],
    ["an event trigger", "ALTER TABLE public.filled ADD c int;", eventTrigger],
  ])("%s", async (_, definition, more) => {
    const { migrations, apply, seen, fresh, database, column } = await watched();
    await database.query(`${codeOfLongAgo}${more}`);
    await migrations({ "1.define.sh": definition, "2.see.sh": see });
    expect((await apply()).status).toBe(0);
    expect(await seen()).toEqual([fresh]);
    const path = "SELECT proconfig::text FROM pg_proc WHERE proname = 'mig_versions_const'";
    expect(await column(path)).toEqual(["{search_path=sh1}"]);
  });

  it("an event trigger beside a hook, and what the run itself stores", async () => {
    const { migrations, apply, seen, fresh, database, write, pgMig } = await watched({
      shards: ["sh1", "sh2"],
    });
    await database.query(`${codeOfLongAgo}${eventTrigger}`);
    await migrations({
      "before.sql": "CREATE TABLE made();",
      "1.see.sh": see,
      "1.see.sh.dn.sql": see,
    });
    expect((await apply()).status).toBe(0);
    expect(await seen()).toEqual([fresh, fresh]);
    await write("mig/before.sql", "");
    expect((await pgMig(["undo", "1.see.sh", "--parallelism=1"])).status).toBe(0);
    expect(await seen()).toEqual(Array(4).fill(fresh));
  });
});
