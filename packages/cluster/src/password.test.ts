import { isPgMigError } from "@pg-mig/model";
import { describe, expect, it } from "vitest";
import { passwordFromCommand, readPasswordFrom } from "./password.js";

const place = { host: "db1", port: 5432, database: "app", user: "ann" };

async function failure(password: Parameters<typeof readPasswordFrom>[0]): Promise<string> {
  const error: unknown = await readPasswordFrom(password, place).catch((error) => error);
  if (!isPgMigError(error) || error.code !== "PASSWORD_FAILED") {
    throw new Error(`expected PASSWORD_FAILED, got ${error}`);
  }
  return error.message;
}

describe("readPasswordFrom", () => {
  it("asks a function, and tells it where the password is for", async () => {
    expect(await readPasswordFrom(async ({ user, host }) => `${user}@${host}`, place)).toBe(
      "ann@db1",
    );
  });

  it("says who has no password if the function fails, or gives none", async () => {
    const words = 'Getting the password of user "ann" for db1 failed: ';
    expect(await failure(() => Promise.reject(new Error("token expired.")))).toBe(
      `${words}token expired.`,
    );
    expect(await failure(() => "")).toBe(`${words}what it gave is no text, or empty.`);
    expect(await failure((() => 7) as never)).toBe(`${words}what it gave is no text, or empty.`);
  });
});

describe("passwordFromCommand", () => {
  it("gives what the command prints, which knows the node", async () => {
    const command = passwordFromCommand('echo "$PGUSER $PGHOST $PGPORT $PGDATABASE"');
    expect(await readPasswordFrom(command, place)).toBe("ann db1 5432 app");
  });

  it("shows neither the command nor what it printed if it fails", async () => {
    const command = passwordFromCommand("echo hunter2; echo 'no login' >&2; exit 3");
    expect(await failure(command)).toMatch(/: the command ended with 3: no login\.$/);
  });
});
