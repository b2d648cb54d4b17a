import { lstatSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import { PgMigError } from "@pg-mig/model";
import { isPrivateGroup } from "./private-group.js";

/** Something that decides what a config file holds: the file, its folder, a link that leads to it. */
export interface FileFacts {
  readonly path: string;
  readonly kind: "file" | "folder" | "link";
  readonly uid: number;
  readonly gid: number;
  /** As `stat` gives it. */
  readonly mode: number;
}

/** Who may have written a config file. */
export interface TrustedOwners {
  readonly uids: readonly number[];
  /** Whether nobody but the owner is in a group. */
  readonly isPrivateGroup: (gid: number, uid: number) => boolean;
}

const sticky = 0o1000;
const groupWriteBit = 0o020;
const othersWriteBit = 0o002;

/**
 * Refuses config files in parent folders that somebody else may have written: what is found there is
 * executed, by whoever runs the command below it. A file counts if root, the caller or the owner of
 * the working directory owns it and nobody else may write it; the same is asked of its folder, since
 * who may write there may replace it (but not in one like /tmp, with the sticky bit), and of links.
 *
 * @param uid of the caller; `undefined`: files have no owners here, and all are taken
 * @throws PgMigError `CONFIG_NOT_TRUSTED`
 */
export function refuseConfigsOfStrangers(
  files: readonly string[],
  { cwd, uid }: { readonly cwd: string; readonly uid: number | undefined },
): void {
  if (uid === undefined) {
    return;
  }
  for (const path of files.filter((file) => dirname(file) !== cwd)) {
    const uids = [0, uid, statSync(cwd).uid];
    const problem = findTrustProblem(readFacts(path), { uids, isPrivateGroup: isPrivateHere });
    if (problem === undefined) {
      continue;
    }
    throw new PgMigError(`The config file ${path} is not run: ${problem}.`, {
      code: "CONFIG_NOT_TRUSTED",
      hint: "If you trust it, change its owner (chown) or its permissions (chmod go-w), or run pg-mig in its folder. Leave it out with --skip-config.",
      where: { file: path },
    });
  }
}

/** Says why a config file is not to be trusted; `undefined`: it is. Pure, but for what it is given. */
export function findTrustProblem(
  facts: readonly FileFacts[],
  trusted: TrustedOwners,
): string | undefined {
  for (const { path, kind, uid, gid, mode } of facts) {
    if (!trusted.uids.includes(uid)) {
      return `${named(path, kind)} belongs to the user with the number ${uid}, who is neither root nor you nor the owner of the working directory`;
    }
    // A link has no permissions of its own; in a sticky folder, only owners replace what is there.
    if (kind === "link" || (kind === "folder" && (mode & sticky) !== 0)) {
      continue;
    }
    const groupWrites = (mode & groupWriteBit) !== 0 && !trusted.isPrivateGroup(gid, uid);
    if (groupWrites || (mode & othersWriteBit) !== 0) {
      const permissions = (mode & 0o777).toString(8);
      return `others than the owner may write ${named(path, kind)} (permissions ${permissions})`;
    }
  }
  return undefined;
}

function named(path: string, kind: FileFacts["kind"]): string {
  return kind === "file" ? "it" : `the ${kind} ${path}`;
}

/** The file, each link on the way to it, and the folders of all of them. */
function readFacts(path: string): FileFacts[] {
  const found = lstatSync(path);
  const folder = dirname(path);
  const kind = found.isSymbolicLink() ? "link" : "file";
  const here: FileFacts[] = [
    { ...owned(found), path, kind },
    { ...owned(statSync(folder)), path: folder, kind: "folder" },
  ];
  if (kind === "file") {
    return here;
  }
  // Not normalized: ".." after a link to a folder leads elsewhere than the text says.
  const target = readlinkSync(path);
  return [...here, ...readFacts(isAbsolute(target) ? target : `${folder}/${target}`)];
}

function owned({ uid, gid, mode }: Pick<FileFacts, "uid" | "gid" | "mode">) {
  return { uid, gid, mode };
}

function isPrivateHere(gid: number, uid: number): boolean {
  const [passwd, group] = ["/etc/passwd", "/etc/group"].map(readIfThere);
  return isPrivateGroup({ gid, uid }, { passwd: passwd ?? "", group: group ?? "" });
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
