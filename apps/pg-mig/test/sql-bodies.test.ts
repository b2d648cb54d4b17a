import { describe, expect, it } from "vitest";
import { programMajor, runWithPsql, seenFrom } from "./psql-judge.js";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

/**
 * What public reports show tools to cut in two, or to take for the end of a transaction:
 * supabase/cli#610 and #5020 (names that hold "atomic", "begin" or "end"), supabase/cli#3474,
 * flyway/flyway#3703 and sqitchers/sqitch#710 (CASE … END and comments in a body).
 */
const bodies = `
CREATE TABLE "begin" (id int, "end" text);

CREATE FUNCTION sign_of(n int) RETURNS text LANGUAGE sql
BEGIN ATOMIC
  -- this is not the END;
  /* nor is END; this */
  SELECT CASE WHEN n < 0 THEN 'END;'
    ELSE CASE n WHEN 0 THEN 'zero' ELSE 'more' END
  END;
END;

CREATE FUNCTION fn_atomic(pending int) RETURNS int LANGUAGE sql RETURN pending + 1;

CREATE PROCEDURE fill(backend int) LANGUAGE sql BEGIN ATOMIC
  INSERT INTO "begin" VALUES (backend, sign_of(backend));
  INSERT INTO "begin" SELECT id + 1, "end" FROM "begin";
end;

CREATE OR REPLACE FUNCTION pending() RETURNS SETOF "begin" LANGUAGE sql
  begin atomic select * from "begin" order by id; end;

CREATE FUNCTION old() RETURNS text LANGUAGE plpgsql AS $begin$
BEGIN
  IF true THEN RETURN $$ BEGIN ATOMIC; END; $$; END IF;
END $begin$;

CALL fill(-1);
`;

const definitions = `SELECT proname, pg_get_functiondef(oid) FROM pg_proc
  WHERE pronamespace = current_schema::regnamespace AND proname !~ '^mig_' ORDER BY 1`;

async function applied() {
  const made = await scenario({ shards: ["sh1"] });
  await made.migrations({ "1.bodies.sh": bodies });
  expect(await made.pgMig()).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("1 of 1 step applied"),
  });
  return made;
}

describe("routines whose bodies are SQL", () => {
  it("are made whole, whatever in them looks like an end, and what follows them runs", async () => {
    const made = await applied();
    expect(await seenFrom(made, "sh1", "SELECT * FROM pending()")).toEqual([
      { id: -1, end: "END;" },
      { id: 0, end: "END;" },
    ]);
    const names = await seenFrom(made, "sh1", definitions);
    expect(names).toHaveLength(5);
  });

  it.skipIf(programMajor("psql") === undefined)("are what psql makes of them", async () => {
    const made = await applied();
    await runWithPsql(made, "mig/1.bodies.sh.up.sql");
    for (const sql of [definitions, "SELECT * FROM pending()"]) {
      expect(await seenFrom(made, "sh1", sql)).toEqual(await seenFrom(made, "by_psql", sql));
    }
  });

  it("leave the places of what follows right", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.bodies.sh": `${bodies}\n  SELECT nope;\n` });
    const line = bodies.split("\n").length + 1;
    const { status, stdout } = await pgMig();
    expect(status).toBe(1);
    expect(stdout).toMatch(new RegExp(`1\\.bodies\\.sh\\.up\\.sql:${line}:10: column "nope"`));
    expect(await column("SELECT FROM pg_proc WHERE proname = 'sign_of'")).toEqual([]);
  });
});
