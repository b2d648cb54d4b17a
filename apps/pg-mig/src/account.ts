import { homedir, platform, userInfo } from "node:os";
import process from "node:process";
import type { OsDefaults } from "@pg-mig/config";

type Environment = Readonly<Record<string, string | undefined>>;

/** Who runs this process. */
export function account(env: Environment): OsDefaults {
  return { user: accountName(env), home: homeDirectory(env), uid: process.geteuid?.() };
}

/** The name of the account; in a container its id may belong to none. */
export function accountName(env: Environment): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER ?? "postgres";
  }
}

/** As `os.homedir()`, but by the environment that is given. */
export function homeDirectory(env: Environment): string {
  return (platform() === "win32" ? env.USERPROFILE : env.HOME) ?? homedir();
}
