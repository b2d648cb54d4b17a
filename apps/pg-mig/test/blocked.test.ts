import { describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

describe("a version that the application keeps from its lock", () => {
  it("is told at the end with who that was, and what to do", async () => {
    const { database, migrations, pgMig } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({ "20240101000000.users.sh": "CREATE TABLE users(id int);" });
    expect(await pgMig()).toMatchObject({ status: 0 });
    await migrations({ "20240101000001.more.sh": "ALTER TABLE users ADD COLUMN name text;" });
    const application = await database.connect();
    onTestFinished(() => application.end());
    await application.query("SET application_name TO 'shop'; BEGIN; SELECT 7 FROM sh1.users");
    const { rows } = await application.query("SELECT pg_backend_pid() AS pid");
    const { pid } = rows[0];

    // Time for a try of a second that is not the last: shorter ones may end before anybody looks.
    const { status, stdout, stderr } = await pgMig(["--retry-for=10s"]);
    expect(status).toBe(1);
    expect(`${stdout}${stderr}`).toContain(
      `waiting for process ${pid} postgres (shop) idle in transaction since`,
    );
    expect(stdout).toContain(
      `In its way: process ${pid} (user postgres, shop, idle in transaction`,
    );
    expect(stdout).toContain(`SELECT pg_terminate_backend(${pid});`);

    await application.query("ROLLBACK");
    expect(await pgMig()).toMatchObject({ status: 0 });
  });
});
