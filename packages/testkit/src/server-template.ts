import { randomBytes } from "node:crypto";
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import type { PostgresBinaries } from "./postgres-binaries.js";
import { isOpenToEveryone } from "./reachable-path.js";
import { runProgram } from "./run-program.js";
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
const templateFormat = 1;

/**
 * Runs initdb, or takes what an earlier run left in the cache directory. Several processes may ask
 * at once: each template is made beside its place and moved there whole; the first one wins.
 */
export async function serverTemplate(options: ServerTemplateOptions): Promise<ServerTemplate> {
  const { binaries, cacheDirectory } = options;
  await mkdir(cacheDirectory, { recursive: true });
  const place = join(cacheDirectory, `${binaries.version}-${templateFormat}`);
  if (!(await exists(place))) await makeTemplate(place, options);
  const copied = join(place, "postgres");
  return {
    dataDirectory: join(place, "data"),
    binDirectory: join((await exists(copied)) ? copied : binaries.directory, "bin"),
    password: await readFile(join(place, "password"), "utf8"),
  };
}

async function makeTemplate(place: string, { binaries, user }: ServerTemplateOptions) {
  const draft = await mkdtemp(`${place}.`);
  try {
    if (user !== undefined) await chown(draft, user.uid, user.gid);
    let postgres = binaries.directory;
    if (user !== undefined && !(await isOpenToEveryone(postgres))) {
      postgres = join(draft, "postgres");
      await runProgram("cp", ["-R", binaries.directory, postgres], { user: undefined, cwd: draft });
      await runProgram("chmod", ["-R", "go+rX", postgres], { user: undefined, cwd: draft });
    }
    const passwordFile = join(draft, "password");
    await writeFile(passwordFile, randomBytes(12).toString("hex"), { mode: 0o600 });
    if (user !== undefined) await chown(passwordFile, user.uid, user.gid);
    await runProgram(
      join(postgres, "bin", "initdb"),
      [
        ...["-D", join(draft, "data"), "--username=postgres", `--pwfile=${passwordFile}`],
        ...["--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--wal-segsize=1"],
        "--no-sync",
      ],
      { user, cwd: draft },
    );
    await chmod(draft, 0o700);
    await rename(draft, place);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Somebody else was faster: the directory that is there already is as good as ours.
    if (!(await exists(place))) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
