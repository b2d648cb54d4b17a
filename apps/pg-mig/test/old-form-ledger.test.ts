import { describe, expect, it } from "vitest";
import { quote, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

const applied = ["20240101000000.users.sh", "20240102000000.email.sh"];

/** What pg-mig 2.x leaves in a shard. */
function oldLedger(shard: string, versions: readonly string[]): string {
  return `SET search_path TO ${quote(shard)}; CREATE OR REPLACE FUNCTION ${quote(shard)}.mig_versions_const() RETURNS text LANGUAGE sql SET search_path FROM CURRENT AS $$ SELECT '${JSON.stringify(versions)}'; $$; RESET search_path`;
}

describe("a cluster that pg-mig 2.x manages", () => {
  it("goes on from what the old tool applied; the old tool goes on from what we applied", async () => {
    const { migrations, pgMig, ledger, column, database } = await scenario({ shards: ["sh1"] });
    await database.query("CREATE TABLE sh1.users(id int, email text)");
    await database.query(oldLedger("sh1", applied));
    const third = "20240103000000.index.sh";
    await migrations({
      [applied[0] as string]: "CREATE TABLE users(id int);",
      [applied[1] as string]: "ALTER TABLE users ADD COLUMN email text;",
      [third]: "CREATE INDEX ON users(email);",
    });
    expect(await pgMig()).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("Done: 1 of 1"),
    });
    // As the old tool reads it: evaluate the function, parse the JSON.
    expect(await ledger("sh1")).toEqual([...applied, third]);

    // As the old tool extends it: the whole text anew, without what it never saw.
    const fourth = "20240104000000.more.sh";
    await database.query(oldLedger("sh1", [...applied, third, fourth]));
    await migrations({ [fourth]: "", "20240105000000.last.sh": "CREATE TABLE last();" });
    const again = await pgMig();
    expect(again).toMatchObject({ status: 0, stdout: expect.stringContaining("Done: 1 of 1") });
    expect(again.stdout).not.toContain("Edited");
    expect(await ledger("sh1")).toEqual([...applied, third, fourth, "20240105000000.last.sh"]);
    const [digest] = await column("SELECT public.mig_digest_const()");
    expect(`${digest}\n`).toBe((await pgMig(["--list=digest"])).stdout);
  });

  it("finds nothing to do where the old tool had finished, and changes no ledger", async () => {
    const { migrations, pgMig, column, database } = await scenario({ shards: ["sh1"] });
    await database.query(oldLedger("sh1", applied));
    await migrations(Object.fromEntries(applied.map((name) => [name, ""])));
    const stored = "SELECT xmin::text || prosrc FROM pg_proc WHERE proname = 'mig_versions_const'";
    const before = await column(stored);
    expect((await pgMig()).stdout).toContain("Nothing to do.");
    expect(await column(stored)).toEqual(before);
  });

  it("stores its own functions in the old form, byte for byte, but for a comment", async () => {
    const { migrations, pgMig, column } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "", "2.b.sh": "" });
    await pgMig();
    const [source] = await column(
      "SELECT prosrc FROM pg_proc WHERE oid = 'sh1.mig_versions_const'::regproc",
    );
    expect(source).toMatch(/^ SELECT '\["1\.a\.sh","2\.b\.sh"\]'; \/\* pg-mig \{.*\} \*\/ $/);
    const of = (name: string) =>
      column(`SELECT prosrc FROM pg_proc WHERE oid = 'public.${name}'::regproc`);
    const digest = (await pgMig(["--list=digest"])).stdout.trim();
    expect(await of("mig_digest_const")).toEqual([` SELECT '${digest}'; `]);
    expect(await of("mig_rerun_fingerprint_const")).toEqual([
      " SELECT 'public,sh1,hash=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'; ",
    ]);
    const attributes = `SELECT prorettype::regtype || ' ' || l.lanname || ' ' || array_to_string(proconfig, ',')
      FROM pg_proc p JOIN pg_language l ON l.oid = prolang WHERE p.oid = 'sh1.mig_versions_const'::regproc`;
    expect(await column(attributes)).toEqual(["text sql search_path=sh1"]);
  });
});
