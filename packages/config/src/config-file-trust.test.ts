import {
  chmod,
  chown,
  lchown,
  mkdir,
  mkdtemp,
  realpath,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PgMigError } from "@pg-mig/model";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type FileFacts, findTrustProblem, refuseConfigsOfStrangers } from "./config-file-trust.js";

const stranger = 65_534;
const ann = 4000;
const bob = 4001;

const trusted = {
  uids: [0, ann],
  isPrivateGroup: (gid: number, uid: number) => gid === ann && uid === ann,
};

function facts(kind: FileFacts["kind"], given: Partial<FileFacts> = {}): FileFacts {
  const mode = kind === "file" ? 0o100_644 : kind === "folder" ? 0o040_755 : 0o120_777;
  return { path: `/p/${kind}`, kind, uid: ann, gid: ann, mode, ...given };
}

describe("findTrustProblem", () => {
  it.each([
    ["one's own", [facts("file"), facts("folder")]],
    ["root's", [facts("file", { uid: 0, gid: 0 }), facts("folder", { uid: 0, gid: 0 })]],
    ["one's own group's", [facts("file", { mode: 0o664 }), facts("folder", { mode: 0o775 })]],
    ["one's own in /tmp", [facts("file"), facts("folder", { uid: 0, gid: 0, mode: 0o1777 })]],
    ["a link", [facts("link"), facts("file")]],
  ])("trusts %s", (_, given) => {
    expect(findTrustProblem(given, trusted)).toBeUndefined();
  });

  it.each([
    ["a stranger's file", facts("file", { uid: stranger }), /^it belongs to the user .* 65534/],
    ["a stranger's folder", facts("folder", { uid: stranger }), /^the folder \/p\/folder belongs/],
    ["a stranger's sticky folder", facts("folder", { uid: bob, mode: 0o1777 }), /^the folder/],
    ["a stranger's link", facts("link", { uid: bob }), /^the link \/p\/link belongs/],
    ["a file that all may write", facts("file", { mode: 0o646 }), /write it \(permissions 646\)/],
    ["a file that a group may write", facts("file", { gid: 9, mode: 0o664 }), /permissions 664/],
    [
      "a folder that a group may write",
      facts("folder", { gid: 9, mode: 0o775 }),
      /write the folder/,
    ],
    ["a folder that all may write", facts("folder", { mode: 0o777 }), /write the folder/],
  ])("does not trust %s, beside what it trusts", (_, bad, words) => {
    expect(findTrustProblem([facts("file"), bad, facts("folder")], trusted)).toMatch(words);
  });
});

/** Only root may give files away. */
describe.skipIf(process.geteuid?.() !== 0)("refuseConfigsOfStrangers", () => {
  let root: string;
  let config: string;
  let cwd: string;

  beforeEach(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), "pg-mig-trust-")));
    onTestFinished(() => rm(root, { recursive: true }));
    config = join(root, "pg-mig.config.cjs");
    cwd = join(root, "deep");
    await mkdir(cwd);
    await writeFile(config, "", { mode: 0o644 });
  });

  function outcome(uid: number | undefined = 0, files = [config]): string {
    try {
      refuseConfigsOfStrangers(files, { cwd, uid });
      return "taken";
    } catch (error) {
      if (error instanceof PgMigError) {
        return `${error.code}: ${error.message} ${error.hint}`;
      }
      throw error;
    }
  }

  it("takes the files of root, of the caller and of the working directory's owner", async () => {
    expect(outcome()).toBe("taken");
    expect(outcome(bob)).toBe("taken");
    await chown(root, bob, bob);
    await chown(config, bob, bob);
    expect(outcome(bob)).toBe("taken");
    expect(outcome(0)).toContain(`${bob}`);
    await chown(cwd, bob, bob);
    expect(outcome(0)).toBe("taken");
  });

  it("refuses a stranger's file by its name, and offers --skip-config", async () => {
    await chown(config, stranger, stranger);
    expect(outcome()).toMatch(/^CONFIG_NOT_TRUSTED: .*--skip-config/);
    expect(outcome()).toContain(config);
  });

  it("refuses a file in a stranger's folder, or in one that others may write", async () => {
    await chown(root, stranger, stranger);
    expect(outcome()).toContain(`the folder ${root}`);
    await chown(root, 0, 0);
    await chmod(root, 0o777);
    expect(outcome()).toContain(`the folder ${root}`);
    await chmod(root, 0o1777);
    expect(outcome()).toBe("taken");
  });

  it("judges a link by what it leads to, and by who made it", async () => {
    const target = join(root, "elsewhere", "real.cjs");
    await mkdir(join(root, "elsewhere"));
    await writeFile(target, "", { mode: 0o644 });
    await rm(config);
    await symlink("elsewhere/real.cjs", config);
    expect(outcome()).toBe("taken");
    await lchown(config, stranger, stranger);
    expect(outcome()).toContain(`the link ${config}`);
    await lchown(config, 0, 0);
    await chmod(join(root, "elsewhere"), 0o777);
    expect(outcome()).toContain(`the folder ${join(root, "elsewhere")}`);
    await chmod(join(root, "elsewhere"), 0o755);
    await chown(target, stranger, stranger);
    expect(outcome()).toContain("it belongs to");
  });

  it("does not judge the file of the working directory, nor any where files have no owners", async () => {
    const own = join(cwd, "pg-mig.config.cjs");
    await writeFile(own, "");
    await chown(own, stranger, stranger);
    expect(outcome(0, [own])).toBe("taken");
    await chown(config, stranger, stranger);
    refuseConfigsOfStrangers([config], { cwd, uid: undefined });
  });
});
