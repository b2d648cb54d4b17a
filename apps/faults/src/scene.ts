import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startProxy, TestDatabase, type TestNode, type TestProxy } from "@pg-mig/testkit";
import type { Lane } from "./lane.js";
import { type NodeState, observe } from "./observation.js";
import type { Random } from "./random.js";
import { hookFiles, type TestVersion } from "./test-version.js";
import { type EndedRun, ToolRun } from "./tool-run.js";

/** A node of a scene: the server, the scene's database on it, and the network before it. */
export interface ScenePlace {
  /** Another one after a failover. */
  node: TestNode;
  database: TestDatabase;
  readonly proxy: TestProxy;
  /** How events of the tool name it. */
  readonly label: string;
}

export interface SceneOptions {
  readonly lane: Lane;
  readonly versions: readonly TestVersion[];
  /** Whether there is a before.sql and an after.sql. */
  readonly hooks: "both" | "none";
  /** The file of the command under test. */
  readonly program: string;
}

export interface RunSettings {
  /** Added to the usual ones. */
  readonly args?: readonly string[];
  /** Where the tool is told to connect. @default all places, by way of their proxies */
  readonly hosts?: readonly string[];
  /** A file that stdout is written to; then no events are heard. */
  readonly stdoutTo?: number;
  /** A file that stderr is written to; then the tool prints text, and no events are heard. */
  readonly stderrTo?: number;
  /** A CommonJS module that the tool's process loads before the tool. */
  readonly preload?: string;
  /** `read`: the config file in the migration directory counts. @default "skipped" */
  readonly config?: "read" | "skipped";
}

/** For how long what a dead or cut-off tool left on a server may stay there. */
const leftoversGoWithinMs = 20_000;

/** Fresh databases on a lane's nodes, with a migration directory: the place of one injection. */
export class Scene {
  readonly lane: Lane;
  readonly versions: readonly TestVersion[];
  readonly places: readonly [ScenePlace, ...ScenePlace[]];
  /** The working directory of the runs, too. */
  readonly migrationDirectory: string;
  readonly #program: string;
  readonly #runs: ToolRun[] = [];
  readonly #databases: readonly TestDatabase[];
  readonly #afterwards: (() => Promise<void>)[] = [];

  private constructor(
    { lane, versions, program }: SceneOptions,
    migrationDirectory: string,
    places: readonly [ScenePlace, ...ScenePlace[]],
  ) {
    this.lane = lane;
    this.versions = versions;
    this.migrationDirectory = migrationDirectory;
    this.places = places;
    this.#databases = places.map(({ database }) => database);
    this.#program = program;
  }

  static async create(options: SceneOptions): Promise<Scene> {
    const databases = await options.lane.createDatabases();
    const places = await Promise.all(
      databases.map(async (database, index): Promise<ScenePlace> => {
        const node = options.lane.cluster.nodes[index];
        if (node === undefined) {
          throw new Error("Every database of a scene has its node.");
        }
        const proxy = await startProxy(database);
        return { node, database, proxy, label: `127.0.0.1:${proxy.port}` };
      }),
    );
    const [first, ...others] = places;
    if (first === undefined) {
      throw new Error("A scene has at least one node.");
    }
    const directory = await mkdtemp(join(tmpdir(), "pg-mig-faults-"));
    const scene = new Scene(options, directory, [first, ...others]);
    await scene.writeVersions(options.versions);
    if (options.hooks === "both") {
      for (const [name, text] of Object.entries(hookFiles)) {
        await writeFile(join(scene.migrationDirectory, name), text);
      }
    }
    return scene;
  }

  /** Draws a place, and gives the others. */
  drawPlace(random: Random): {
    readonly place: ScenePlace;
    readonly others: readonly ScenePlace[];
  } {
    const place = random.pick(this.places);
    return { place, others: this.places.filter((other) => other !== place) };
  }

  async writeVersions(versions: readonly TestVersion[]): Promise<void> {
    await Promise.all(
      versions.flatMap(({ name, up, down }) => [
        writeFile(join(this.migrationDirectory, `${name}.up.sql`), up),
        writeFile(join(this.migrationDirectory, `${name}.dn.sql`), down),
      ]),
    );
  }

  /** Starts the command on this scene. */
  start(settings: RunSettings = {}): ToolRun {
    const { args = [], hosts = this.places.map(({ proxy }) => proxy.url) } = settings;
    const run = new ToolRun({
      program: this.#program,
      args: [...(settings.config === "read" ? [] : ["--skip-config"]), "--parallelism=4", ...args],
      cwd: this.migrationDirectory,
      stdoutTo: settings.stdoutTo,
      stderrTo: settings.stderrTo,
      preload: settings.preload,
      env: { PGHOST: hosts.join(","), PGMIGDIR: this.migrationDirectory },
    });
    this.#runs.push(run);
    return run;
  }

  /** Runs the command to its end. */
  run(settings?: RunSettings): Promise<EndedRun> {
    return this.start(settings).ended;
  }

  /** Makes networks good and servers run again. */
  async repair(): Promise<void> {
    for (const { proxy, node } of this.places) {
      proxy.thaw();
      proxy.restore();
      proxy.shape({});
      await node.start();
    }
  }

  /** Reads all nodes, when what ended runs have left there is gone, or has had its time to go. */
  async observe(): Promise<NodeState[]> {
    const deadline = performance.now() + leftoversGoWithinMs;
    for (;;) {
      const nodes = await Promise.all(
        this.places.map(({ database, label }) => observe(database, label)),
      );
      const clean = nodes.every((node) => node.backends.length + node.advisoryLocks === 0);
      if (clean || performance.now() > deadline) {
        return nodes;
      }
      await sleep(20);
    }
  }

  /**
   * The place is served by another server from now on: its proxy leads there, connections to the old
   * one are broken.
   */
  moveTo(place: ScenePlace, node: TestNode): void {
    const { user, password, database } = place.database;
    const address = { host: node.host, port: node.port, user, password, database };
    place.node = node;
    place.database = new TestDatabase(address, async () => {});
    place.proxy.redirect(address);
    place.proxy.cut();
  }

  /** Does something when the scene is over and its databases are gone; what is said last comes first. */
  afterwards(clean: () => Promise<void>): void {
    this.#afterwards.unshift(clean);
  }

  /** Ends what is left of it. */
  async dispose(): Promise<void> {
    for (const run of this.#runs) {
      run.kill("SIGKILL");
    }
    await Promise.all(this.#runs.map(({ ended }) => ended));
    await this.repair();
    await Promise.all(this.places.map(({ proxy }) => proxy.stop()));
    await Promise.all(this.lane.cluster.nodes.map((node) => node.start()));
    await Promise.all(this.#databases.map((database) => database.drop()));
    for (const clean of this.#afterwards) {
      await clean();
    }
    await rm(this.migrationDirectory, { recursive: true, force: true });
  }
}
