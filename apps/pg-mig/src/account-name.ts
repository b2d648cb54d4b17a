import { userInfo } from "node:os";

/** The name of the account that runs this process; in a container its id may belong to none. */
export function accountName(env: Readonly<Record<string, string | undefined>>): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER ?? "postgres";
  }
}
