import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askPublished } from "./ask-published.js";
import { createEmptyProject, type EmptyProject } from "./empty-project.js";
import { installedClosure } from "./installed-closure.js";
import { repository } from "./pack-packages.js";

const tsc = join(repository, "node_modules", ".bin", "tsc");
let project: EmptyProject;
let names: readonly string[];

beforeAll(async () => {
  project = await createEmptyProject(await askPublished());
  names = project.packages.map(({ name }) => name);
  await project.write("package.json", JSON.stringify({ name: "user", type: "module" }));
  await project.run("npm", "install", ...names, "@types/node@20");
});

afterAll(() => project.remove());

/** The other packages that the declarations of a package's entry point lead to. */
async function importedTypes(folder: string): Promise<ReadonlySet<string>> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = async (file: string) => {
    if (seen.has(file)) {
      return;
    }
    seen.add(file);
    const text = await readFile(file, "utf8");
    for (const [, specifier = ""] of text.matchAll(/(?: from |import\()"([^"]+)"/g)) {
      if (specifier.startsWith(".")) {
        await visit(join(dirname(file), specifier.replace(/\.js$/, ".d.ts")));
      } else if (!specifier.startsWith("node:")) {
        packages.add(/^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier);
      }
    }
  };
  await visit(join(folder, "dist", "index.d.ts"));
  return packages;
}

/** Whether a package has declarations of its own. */
async function bringsTypes(name: string): Promise<boolean> {
  const path = join(project.folder, "node_modules", name, "package.json");
  const { types, exports = {} } = JSON.parse(await readFile(path, "utf8"));
  return types !== undefined || JSON.stringify(exports).includes(".d.ts");
}

describe("the packed packages", () => {
  it("can be imported from ES modules, each with named exports only", async () => {
    await project.write(
      "use.mjs",
      `for (const name of ${JSON.stringify(names)}) {
         const exported = Object.keys(await import(name));
         console.log(name, exported.length > 0 && !exported.includes("default"));
       }`,
    );
    const { stdout } = await project.run(process.execPath, "use.mjs");
    expect(stdout.trim().split("\n")).toEqual(names.map((name) => `${name} true`));
  });

  // Node.js 20.19 and 22.12 are the first that allow it without an option.
  it.skipIf(!("require_module" in process.features))("can be required from CommonJS", async () => {
    await project.write(
      "use.cjs",
      `for (const name of ${JSON.stringify(names)}) {
           console.log(name, Object.keys(require(name)).length > 0);
         }`,
    );
    const { stdout } = await project.run(process.execPath, "use.cjs");
    expect(stdout.trim().split("\n")).toEqual(names.map((name) => `${name} true`));
  });

  it.each([
    ["nodenext", "nodenext"],
    ["bundler", "esnext"],
  ])("have types under %s resolution, which need no skipLibCheck", async (resolution, module) => {
    const imports = [...names, "@pg-mig/cluster/testing"].map(
      (name, index) =>
        `import * as p${index} from "${name}";\nexport const u${index}: object = p${index};`,
    );
    await project.write("use.mts", imports.join("\n"));
    const compilerOptions = {
      ...{ module, moduleResolution: resolution, target: "es2023", lib: ["es2023"] },
      ...{ strict: true, noEmit: true, skipLibCheck: false, types: ["node"] },
    };
    await project.write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["use.mts"] }));
    expect((await project.run(tsc, "-p", ".")).stdout).toBe("");
  });

  it("name in their types only what they bring along", async () => {
    const undeclared: string[] = [];
    for (const { name, manifest } of project.packages) {
      const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
      for (const imported of await importedTypes(join(project.folder, "node_modules", name))) {
        if (declared.includes(`@types/${imported}`)) {
          continue;
        }
        if (!declared.includes(imported) || !(await bringsTypes(imported))) {
          undeclared.push(`${name}: ${imported}`);
        }
      }
    }
    expect(undeclared).toEqual([]);
  });

  it("run as a command", async () => {
    const { stdout } = await project.run("npx", "--no-install", "pg-mig", "--version");
    expect(stdout.trim()).toBe(project.packages.find(({ name }) => name === "pg-mig")?.version);
  });

  it("rehearse versions with nothing but Node", async () => {
    await mkdir(join(project.folder, "mig"));
    await project.write("mig/1.users.sh.up.sql", "CREATE TABLE users (id int)");
    await project.write("mig/1.users.sh.dn.sql", "DROP TABLE users");
    const args = ["rehearse", "--all", "--scratch=embedded", "--migdir=mig"];
    const { stdout } = await project.run("npx", "pg-mig", ...args);
    expect(stdout).toContain("1 version rehearsed on a scratch database: all is well.");
  });

  it.each([
    ["@pg-mig/model", []],
    ["@pg-mig/ledger", ["@pg-mig/model"]],
    ["@pg-mig/catalog", ["@pg-mig/model"]],
    ["@pg-mig/psql-script", ["@pg-mig/model"]],
    ["@pg-mig/report", ["@pg-mig/model"]],
    ["@pg-mig/sql-rules", ["@pg-mig/model", "@pg-mig/psql-script"]],
    ["@pg-mig/migrations", ["@pg-mig/model", "@pg-mig/psql-script", "@pg-mig/sql-rules"]],
    ["@pg-mig/discovery-dns", []],
    ["@pg-mig/discovery-patroni", []],
    ["@pg-mig/discovery-ent-framework", []],
  ])("bring along for %s only %j", async (name, others) => {
    expect((await installedClosure(project.folder, name)).dependencies).toEqual(others);
  });

  it.each([
    ["@pg-mig/ledger", ["@pg-mig/ledger", "@pg-mig/model"]],
    ["@pg-mig/catalog", ["@pg-mig/catalog", "@pg-mig/model"]],
    ["@pg-mig/psql-script", ["@pg-mig/model", "@pg-mig/psql-script"]],
    ["@pg-mig/cluster", ["@pg-mig/cluster", "@pg-mig/model"]],
    ["@pg-mig/discovery-dns", ["@pg-mig/discovery-dns"]],
    ["@pg-mig/discovery-patroni", ["@pg-mig/discovery-patroni"]],
    ["@pg-mig/discovery-ent-framework", ["@pg-mig/discovery-ent-framework"]],
  ])("load for %s only %j", async (name, expected) => {
    const hooks = `import { writeSync } from "node:fs";
      export async function load(url, context, next) {
        if (url.startsWith("file:")) writeSync(1, url + "\\n");
        return next(url, context);
      }`;
    await project.write(
      "record.mjs",
      `import { register } from "node:module";
       register("data:text/javascript,${encodeURIComponent(hooks)}");`,
    );
    await project.write("load.mjs", `import "${name}";`);
    const { stdout } = await project.run(
      process.execPath,
      "--import",
      join(project.folder, "record.mjs"),
      "load.mjs",
    );
    const packages = new Set(
      stdout
        .trim()
        .split("\n")
        .flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []),
    );
    expect([...packages].sort()).toEqual(expected);
  });
});
