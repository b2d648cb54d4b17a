import { execFile } from "node:child_process";
import { chown, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import type { Fault } from "../fault.js";
import type { Scene, ScenePlace } from "../scene.js";
import { type TestVersion, testVersion } from "../test-version.js";

const run = promisify(execFile);

/** Some 700 kB on every shard: all of a node's do not fit onto the small disk. */
const large: TestVersion = (() => {
  const version = testVersion(2, "plain");
  const [note = ""] = version.up.split("\n");
  return {
    ...version,
    up: `${note}
CREATE TABLE v2 (n int, filler text) TABLESPACE small_disk;
INSERT INTO v2 SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 1000) n;
`,
  };
})();

/** Mounts a file system of a size in the memory, for a tablespace of a place's server. */
async function mountDisk(scene: Scene, { node }: ScenePlace, size: string): Promise<string> {
  const folder = await mkdtemp(join(scene.lane.cluster.directory, "disk-"));
  await run("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
  const { uid, gid } = await stat(node.dataDirectory);
  const place = join(folder, "tablespace");
  await mkdir(place);
  for (const path of [folder, place]) {
    await chown(path, uid, gid);
  }
  await node.query(`CREATE TABLESPACE small_disk LOCATION '${place}'`);
  scene.afterwards(async () => {
    await node.query("DROP TABLESPACE small_disk");
    await run("umount", [folder]);
    await rm(folder, { recursive: true });
  });
  return folder;
}

/** Whether file systems can be mounted here: as root, and in many containers not even then. */
async function cannotMount(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) {
    return "only root can mount a small file system";
  }
  const folder = await mkdtemp("/tmp/pg-mig-mount-");
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
    await run("umount", [folder]);
    return undefined;
  } catch {
    return "this machine does not let us mount a small file system";
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const fullDiskFaults: readonly Fault[] = [
  {
    name: "disk-full",
    row: 27,
    impossible: cannotMount,
    versions: () => [testVersion(1, "plain"), large, testVersion(3, "rows")],
    async inject(scene, random) {
      const { place, others } = scene.drawPlace(random);
      const disk = await mountDisk(scene, place, "2m");
      for (const other of others) {
        await mountDisk(scene, other, "16m");
      }
      const ended = await scene.run();
      const full = ended.events.some(
        (event) => event.type === "step:failed" && event.error.server?.sqlState === "53100",
      );
      return {
        outcome: full ? "struck" : "missed",
        runs: [ended],
        spared: others.map(({ label }) => label),
        fix: async () => {
          await run("mount", ["-o", "remount,size=16m", disk]);
        },
      };
    },
  },
];
