import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { startNodes } from "@pg-mig/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { askPublished } from "./ask-published.js";
import { createEmptyProject, type EmptyProject } from "./empty-project.js";
import { guideSteps } from "./guide.js";
import { installLine } from "./install-line.js";
import { installedWith } from "./installed-closure.js";
import { linkInstalled } from "./link-installed.js";
import { publicPackages, repository } from "./pack-packages.js";

const tsc = join(repository, "node_modules", ".bin", "tsc");
let packed: EmptyProject;

beforeAll(async () => {
  packed = await createEmptyProject(await askPublished(), { npx: "as it is" });
});

afterAll(() => packed.remove());

/** What the README of a package tells its reader to install, and the examples. */
interface Readme {
  readonly name: string;
  /** The reader's project: a folder in that of all of them. */
  readonly project: string;
  readonly installs: readonly string[];
  readonly examples: readonly string[];
}

async function readReadme(name: string, folder: string): Promise<Readme> {
  const text = await readFile(join(folder, "README.md"), "utf8");
  return {
    name,
    project: basename(folder),
    installs: guideSteps(text).flatMap((step) =>
      // Another major of PostgreSQL is for those who want one.
      step.kind === "command" && !step.line.includes("@npm:")
        ? (installLine(step.line)?.names ?? [])
        : [],
    ),
    examples: [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, example = ""]) => example),
  };
}

const readmes = await Promise.all(
  (await publicPackages()).map(({ name, folder }) => readReadme(name, folder)),
);

describe("the READMEs of the packages", () => {
  /** A project that has all that any of them installs. */
  let all: EmptyProject;
  /** What the compiler says of all of them. */
  let said: string;

  // One installation and one compilation for all: one for each takes twenty times as long.
  beforeAll(async () => {
    all = await packed.another();
    await all.write("package.json", "{}");
    const names = new Set(readmes.flatMap(({ installs }) => installs));
    // The programs of PostgreSQL are large, and nothing is run here.
    await all.run("npm", "install", "--omit=optional", ...names);
    const readers = await packed.another();
    const [from, to] = [all.folder, readers.folder];
    // A program has one set of global types.
    const above = ["@types/node"];
    await linkInstalled(above, { from, to });
    for (const { project, installs, examples } of readmes) {
      await linkInstalled(installs, { from, to: join(to, project), above });
      await readers.write(`${project}/package.json`, JSON.stringify({ type: "module" }));
      for (const [index, example] of examples.entries()) {
        await readers.write(exampleFile(project, index), example);
      }
    }
    // The module of the reader's application.
    await readers.write(
      "discovery-ent-framework/cluster.ts",
      'export const cluster = { options: { islands: [{ no: 0, nodes: [{ host: "db1" }] }] } };',
    );
    const compilerOptions = {
      ...{ module: "nodenext", target: "es2023", lib: ["es2023"], strict: true, noEmit: true },
      ...{ skipLibCheck: false, types: ["node"] },
      // Each sees its own packages, not those that another has of the same version.
      deduplicatePackages: false,
    };
    const files = readmes.flatMap(({ project, examples }) =>
      examples.map((_, index) => exampleFile(project, index)),
    );
    await readers.write("tsconfig.json", JSON.stringify({ compilerOptions, files }));
    said = await readers.run(tsc, "-p", ".").then(
      ({ stdout }) => stdout,
      (error: Error) => error.message,
    );
  });

  it.each(readmes)(
    "have for $name examples that compile with what it installs",
    async ({ project, installs, examples }) => {
      expect(examples.length).toBeGreaterThan(0);
      // The compiler has these for all.
      const installed = await installedWith(all.folder, installs);
      expect([...installed.values()]).toContain("@types/node");
      // What only comes along may go.
      const imported = examples.flatMap((example) =>
        [...example.matchAll(/ from "((?:@[^/"]+\/)?[^./:"][^/"]*)/g)].map(([, each = ""]) => each),
      );
      expect(
        imported.filter((each) => !each.startsWith("node:") && !installs.includes(each)),
      ).toEqual([]);
      expect(problems(said).filter((problem) => problem.startsWith(`${project}/`))).toEqual([]);
    },
  );

  it("have nothing else that the compiler complains about", () => {
    expect(said).toBe("");
  });
});

function exampleFile(project: string, index: number): string {
  return `${project}/example-${index + 1}.ts`;
}

/** What the compiler said, each with its further lines. */
function problems(said: string): string[] {
  return said.split(/\n(?! )/).filter((problem) => problem.trim() !== "");
}

it("The first commands of the top README work as written", async () => {
  const cluster = await startNodes({ count: 2 });
  onTestFinished(() => cluster.stop());
  const project = await packed.another();
  const printed = new Map<string, string>();
  for (const step of guideSteps(await readFile(join(repository, "README.md"), "utf8"))) {
    if (step.kind === "command") {
      printed.set(
        step.line.replace(/ +#.*/, ""),
        (await project.run("sh", "-c", step.line)).stdout,
      );
    }
    if (step.kind === "command" && step.line.startsWith("npx pg-mig init")) {
      // The reader's nodes.
      const config = join(project.folder, "pg-mig.config.ts");
      const text = await readFile(config, "utf8");
      const hosts = cluster.nodes.map(
        ({ port, password }) => `postgres://postgres:${password}@127.0.0.1:${port}`,
      );
      await writeFile(config, text.replace('["127.0.0.1:5432"]', JSON.stringify(hosts)));
    }
  }
  expect(printed.get("npx pg-mig apply --createdb")).toContain("Done: 2 of 2 steps applied");
  expect(printed.get("npx pg-mig status")).toContain("20 steps pending on 20 shards.");
});
