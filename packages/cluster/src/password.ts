import { PgMigError } from "@pg-mig/model";
import type { NodeAddress } from "./node-address.js";

/** Where a password is for. */
export interface LoginPlace extends NodeAddress {
  readonly user: string;
}

/** A password, or what gives one, such as a token that soon expires: asked for each new connection. */
export type Password = string | ((place: LoginPlace) => string | Promise<string>);

/**
 * Asks for a password.
 *
 * @throws PgMigError `PASSWORD_FAILED` if a function fails or gives no text; never with what it gave
 */
export async function readPasswordFrom(password: Password, place: LoginPlace): Promise<string> {
  if (typeof password === "string") {
    return password;
  }
  let given: unknown;
  try {
    given = await password(place);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : "it threw what is no error";
    throw failed(place, words.replace(/[.\s]+$/, ""));
  }
  if (typeof given !== "string" || given === "") {
    throw failed(place, "what it gave is no text, or empty");
  }
  return given;
}

/**
 * The password that a shell command prints, its last line feed apart, asked for each new connection.
 * The command sees `PGHOST`, `PGPORT`, `PGUSER` and `PGDATABASE` of the node.
 */
export function passwordFromCommand(command: string): Password {
  return async ({ host, port, database, user }) => {
    const { exec } = await import("node:child_process");
    return new Promise((resolve, reject) => {
      const place = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: database };
      const options = { env: { ...process.env, ...place }, windowsHide: true };
      const child = exec(command, options, (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout.replace(/\r?\n$/, ""));
          return;
        }
        // The message of exec's error repeats the command, in which a secret may be.
        const words = stderr.trim().split("\n").at(-1) ?? "";
        const status = `the command ended with ${error.code ?? error.signal ?? "an error"}`;
        reject(new Error(words === "" ? status : `${status}: ${words}`));
      });
      child.stdin?.end();
    });
  };
}

function failed({ host, user }: LoginPlace, words: string): PgMigError {
  return new PgMigError(`Getting the password of user "${user}" for ${host} failed: ${words}.`, {
    code: "PASSWORD_FAILED",
    hint: "Correct the function in PGPASSWORD of the config file, or passwordCommand.",
  });
}
