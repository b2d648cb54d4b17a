import { readFile } from "node:fs/promises";
import { TestkitError } from "./testkit-error.js";

/** The operating system's user that the servers run as, where it is not the current one. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Chooses the user to run the servers as: PostgreSQL refuses to run as root, so root hands them to
 * `nobody`. Anyone else runs them as themselves (`undefined`).
 *
 * @throws TestkitError `NO_UNPRIVILEGED_USER` for root on a system without such a user.
 */
export async function chooseServerUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  // initdb looks its own user up, so a number that is not in the list would not do.
  const line = /^nobody:[^:]*:(\d+):(\d+):/m.exec(await readFile("/etc/passwd", "utf8"));
  if (line === null) {
    throw new TestkitError("PostgreSQL cannot run as root, and there is no user nobody.", {
      code: "NO_UNPRIVILEGED_USER",
      hint: "Run the tests as an ordinary user, or add a user named nobody to /etc/passwd.",
    });
  }
  return { uid: Number(line[1]), gid: Number(line[2]) };
}
