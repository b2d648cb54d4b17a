import { PgMigError } from "@pg-mig/model";
import { describe, expect, it } from "vitest";
import { hopelessLimit } from "./connection-limits.js";

/** An error as connecting rejects with it, of a server that names whose limit is reached. */
function refusal(routine: string): PgMigError {
  const cause = Object.assign(new Error("zu viele Verbindungen"), {
    severity: "FATAL",
    code: "53300",
    routine,
  });
  return new PgMigError("db1 has no free connection.", { code: "TOO_MANY_CONNECTIONS", cause });
}

const ofRole = refusal("InitializeSessionUserId");
const ofDatabase = refusal("CheckMyDatabase");
const node = { label: "db1", user: "app", database: "shop", nodesOnServer: 1 };

describe("hopelessLimit", () => {
  it("takes a limit for hopeless that leaves no connection beside that of the lock", () => {
    expect(hopelessLimit(ofRole, { role: 1, database: -1 }, node)).toMatchObject({
      code: "CONNECTION_LIMIT_TOO_LOW",
      message: expect.stringContaining('user "app" of db1 has a connection limit of 1'),
      hint: expect.stringContaining('ALTER ROLE "app" CONNECTION LIMIT 11;'),
    });
    expect(hopelessLimit(ofRole, { role: 2, database: 1 }, node)).toBeUndefined();
    expect(hopelessLimit(ofDatabase, { role: 1, database: 2 }, node)).toBeUndefined();
    expect(hopelessLimit(ofDatabase, { role: -1, database: 1 }, node)?.hint).toContain(
      'ALTER DATABASE "shop" CONNECTION LIMIT 11;',
    );
  });

  it("counts all nodes of a server for the limit of a role", () => {
    const two = { ...node, nodesOnServer: 2 };
    expect(hopelessLimit(ofRole, { role: 3, database: -1 }, two)?.message).toContain("at least 4");
    expect(hopelessLimit(ofRole, { role: 4, database: -1 }, two)).toBeUndefined();
  });

  it("waits for connections that others have taken, and for everything else", () => {
    const limits = { role: 1, database: 1 };
    expect(hopelessLimit(refusal("InitProcess"), limits, node)).toBeUndefined();
    expect(hopelessLimit(ofRole, { role: -1, database: -1 }, node)).toBeUndefined();
    expect(hopelessLimit(new Error("no"), limits, node)).toBeUndefined();
  });
});
