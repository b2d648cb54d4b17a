import { homedir, platform } from "node:os";

/** The home directory of who runs this process: as `os.homedir()`, but by the environment that is given. */
export function homeDirectory(env: Readonly<Record<string, string | undefined>>): string {
  return (platform() === "win32" ? env.USERPROFILE : env.HOME) ?? homedir();
}
