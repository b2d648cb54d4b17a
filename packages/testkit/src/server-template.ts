import { randomBytes } from "node:crypto";
import { chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeOnce } from "./make-once.js";
import type { PostgresBinaries } from "./postgres-binaries.js";
import { isOpenToEveryone } from "./reachable-path.js";
import { runProgram } from "./run-program.js";
import { scramVerifier } from "./scram-verifier.js";
import type { ServerUser } from "./server-user.js";

/** A freshly made data directory that nodes are copied from, with the programs to run it. */
export interface ServerTemplate {
  readonly dataDirectory: string;
  /** The folder of `postgres`, where the servers' user can reach it. */
  readonly binDirectory: string;
  /** Of the superuser `postgres`, in every node copied from here. */
  readonly password: string;
}

export interface ServerTemplateOptions {
  readonly binaries: PostgresBinaries;
  readonly user: ServerUser | undefined;
  /** Where templates are kept, one per version; it may be shared by any number of processes. */
  readonly cacheDirectory: string;
}

/** Changes whenever what is put into a template changes, so that old ones are not used. */
const templateFormat = 3;

/** Runs initdb, or takes what an earlier run left in the cache directory. */
export async function serverTemplate(options: ServerTemplateOptions): Promise<ServerTemplate> {
  const { binaries, user, cacheDirectory } = options;
  await mkdir(cacheDirectory, { recursive: true });
  const binDirectory = await reachableBinaries(options);
  const place = join(cacheDirectory, `${binaries.version}-${templateFormat}`);
  await makeOnce(place, user, async (draft) => {
    const password = randomBytes(12).toString("hex");
    await writeFile(join(draft, "password"), password, { mode: 0o600 });
    const verifierFile = join(draft, "verifier");
    await writeFile(verifierFile, scramVerifier(password), { mode: 0o600 });
    if (user !== undefined) {
      await chown(verifierFile, user.uid, user.gid);
    }
    const args = [
      ...["-D", join(draft, "data"), "--username=postgres", `--pwfile=${verifierFile}`],
      ...["--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--wal-segsize=1", "--no-sync"],
    ];
    await runProgram(join(binDirectory, "initdb"), args, { user, cwd: draft });
  });
  const password = await readFile(join(place, "password"), "utf8");
  return { dataDirectory: join(place, "data"), binDirectory, password };
}

/** Where the project lies in a directory closed to the servers' user, the binaries are copied. */
async function reachableBinaries(options: ServerTemplateOptions): Promise<string> {
  const { binaries, user, cacheDirectory } = options;
  if (user === undefined || (await isOpenToEveryone(binaries.directory))) {
    return join(binaries.directory, "bin");
  }
  const place = join(cacheDirectory, `${binaries.version}-postgres`);
  await makeOnce(place, user, async (draft) => {
    const run = { user: undefined, cwd: draft };
    await runProgram("cp", ["-R", `${binaries.directory}/.`, draft], run);
    await runProgram("chmod", ["-R", "go+rX", draft], run);
  });
  return join(place, "bin");
}
