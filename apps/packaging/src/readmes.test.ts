import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startNodes } from "@pg-mig/testkit";
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from "vitest";
import { createEmptyProject, type EmptyProject } from "./empty-project.js";
import { guideSteps } from "./guide.js";
import { publicPackages, repository } from "./pack-packages.js";

const tsc = join(repository, "node_modules", ".bin", "tsc");
let packed: EmptyProject;

beforeAll(async () => {
  packed = await createEmptyProject(inject("published"));
});

afterAll(() => packed.remove());

it.each(await publicPackages())(
  "The examples of $name compile with what its README installs",
  async ({ name, folder }) => {
    const readme = await readFile(join(folder, "README.md"), "utf8");
    const project = await packed.another();
    await project.write("package.json", JSON.stringify({ type: "module" }));
    // Another major of PostgreSQL is for those who want one.
    const installs = guideSteps(readme).flatMap((step) =>
      step.kind === "command" && /^npm install (?!.*@npm:)/.test(step.line) ? [step.line] : [],
    );
    for (const line of installs) {
      await project.run("sh", "-c", line);
    }
    const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)];
    expect(examples.length).toBeGreaterThan(0);
    const { dependencies = {}, devDependencies = {} } = JSON.parse(
      await readFile(join(project.folder, "package.json"), "utf8"),
    );
    const installed = Object.keys({ ...dependencies, ...devDependencies });
    const imported = examples.flatMap(([, text = ""]) =>
      [...text.matchAll(/ from "((?:@[^/"]+\/)?[^./:"][^/"]*)/g)].map(([, each = ""]) => each),
    );
    // What only comes along may go.
    expect(
      imported.filter((each) => !each.startsWith("node:") && !installed.includes(each)),
    ).toEqual([]);
    const files = examples.map((_, index) => `example-${index + 1}.ts`);
    for (const [index, [, text = ""]] of examples.entries()) {
      await project.write(`example-${index + 1}.ts`, text);
    }
    if (name === "@pg-mig/discovery-ent-framework") {
      // The module of the reader's application.
      await project.write(
        "cluster.ts",
        'export const cluster = { options: { islands: [{ no: 0, nodes: [{ host: "db1" }] }] } };',
      );
    }
    const compilerOptions = {
      ...{ module: "nodenext", target: "es2023", lib: ["es2023"], strict: true, noEmit: true },
      ...{ skipLibCheck: false, types: ["node"] },
    };
    await project.write("tsconfig.json", JSON.stringify({ compilerOptions, files }));
    expect((await project.run(tsc, "-p", ".")).stdout).toBe("");
  },
);

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
