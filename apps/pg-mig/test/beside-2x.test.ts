import { describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

describe("--beside-2x", () => {
  it("is what the refusal names, and what makes a run begin all the same", async () => {
    const { migrations, pgMig, database, ledger } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE a(id int);" });
    const session = await database.connect();
    onTestFinished(() => session.end());
    await session.query("SET application_name TO 'psql'");
    await session.query(
      "CREATE FUNCTION public.mig_rerun_fingerprint_const() RETURNS text LANGUAGE sql SET search_path FROM CURRENT AS $$ SELECT ''; $$",
    );
    await session.query("BEGIN");
    const refused = await pgMig();
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("pg-mig 2.x seems to be at work on");
    expect(refused.stderr.replace(/\s+/g, " ")).toContain("say so with --beside-2x");
    expect((await pgMig(["--beside-2x"])).status).toBe(0);
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
    await session.query("ROLLBACK");
  });

  it("is a setting of a config file, too", async () => {
    const { migrations, pgMig, database, write } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "SELECT 1;" });
    await write("pg-mig.config.js", "module.exports = { beside2x: true };");
    const session = await database.connect();
    onTestFinished(() => session.end());
    await session.query("SET application_name TO 'psql'");
    await session.query(
      "CREATE FUNCTION public.mig_rerun_fingerprint_const() RETURNS text LANGUAGE sql SET search_path FROM CURRENT AS $$ SELECT ''; $$",
    );
    await session.query("BEGIN");
    expect((await pgMig()).status).toBe(0);
    await session.query("ROLLBACK");
  });
});
