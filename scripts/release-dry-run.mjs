// Tries a release without one: in a temporary clone of what is committed, makes versions and
// changelogs of the changesets, builds, packs, makes the bill of materials, and publishes to nowhere.
//
//   node scripts/release-dry-run.mjs
import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { billOfMaterials } from "./bill-of-materials.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const work = mkdtempSync(join(tmpdir(), "pg-mig-release-"));
const clone = join(work, "clone");
const tarballs = join(work, "tarballs");
// npx takes a second each time, so it is asked once where it keeps pnpm.
const findPnpm = ["--yes", "-p", packageManager, "-c", "command -v pnpm"];
const pnpmPath = (await run("npx", findPnpm, root)).trim();

// Whatever is published goes here, where nothing is taken.
const uploads = [];
const registry = createServer((request, response) => {
  if (request.method === "PUT") {
    uploads.push(request.url);
  }
  response.writeHead(404).end("{}");
});
registry.listen(0, "127.0.0.1");
await once(registry, "listening");
const nowhere = `http://127.0.0.1:${registry.address().port}/`;

try {
  await run("git", ["clone", "--quiet", "--no-hardlinks", root, clone], root);
  await pnpm("install", "--frozen-lockfile", "--prefer-offline");
  await pnpm("exec", "changeset", "version");
  const packages = publicPackages();
  const filters = packages.map(({ name }) => `--filter=${name}`);
  await pnpm("exec", "turbo", "run", "build", "--output-logs=errors-only", ...filters);
  for (const { name, version, folder } of packages) {
    if (version === "0.0.0") {
      throw new Error(`${name} got no version: its changeset is missing.`);
    }
    if (!existsSync(join(folder, "CHANGELOG.md"))) {
      throw new Error(`${name} got no changelog.`);
    }
  }
  await pnpm("--recursive", ...filters, "pack", "--pack-destination", tarballs);
  const files = [];
  for (const { name, version } of packages) {
    const file = `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
    files.push(join(tarballs, file));
    const manifest = await run(
      "tar",
      ["-xzOf", join(tarballs, file), "package/package.json"],
      work,
    );
    if (manifest.includes("workspace:")) {
      throw new Error(`${name} still names the workspace.`);
    }
    const packed = (await run("tar", ["-tzf", join(tarballs, file)], work)).split("\n");
    for (const needed of ["LICENSE", "README.md", "CHANGELOG.md"]) {
      if (!packed.includes(`package/${needed}`)) {
        throw new Error(`${name} is packed without ${needed}.`);
      }
    }
    console.log(`${name} ${version}`);
  }
  const publish = ["publish", "--dry-run", "--no-git-checks", `--registry=${nowhere}`];
  await pnpm("--recursive", ...filters, ...publish, "--report-summary");
  const { publishedPackages } = JSON.parse(
    readFileSync(join(clone, "pnpm-publish-summary.json"), "utf8"),
  );
  if (publishedPackages.length !== packages.length) {
    throw new Error(
      `Of ${packages.length} packages ${publishedPackages.length} would be published.`,
    );
  }
  const parts = checkBill(await billOfMaterials(files), packages);
  console.log(`Bill of materials: ${parts} parts, each with its version, licence and checksum.`);
  if (uploads.length > 0) {
    throw new Error(`Something was published: ${uploads.join(", ")}`);
  }
  console.log(`Release: ${packages.length} packages versioned, packed and published to nowhere.`);
} finally {
  registry.close();
  rmSync(work, { recursive: true });
}

/** Fails if the bill leaves out a package, or what one depends on, or tells too little; counts its parts. */
function checkBill({ bomFormat, components }, packages) {
  if (bomFormat !== "CycloneDX") {
    throw new Error(`The bill of materials has the format ${bomFormat}.`);
  }
  const versions = new Map(
    components.map(({ group, name, version }) => [
      group === undefined ? name : `${group}/${name}`,
      version,
    ]),
  );
  for (const { name, version, dependencies = {} } of packages) {
    if (versions.get(name) !== version) {
      throw new Error(`The bill of materials has ${name} ${versions.get(name)}, not ${version}.`);
    }
    const missing = Object.keys(dependencies).filter((each) => !versions.has(each));
    if (missing.length > 0) {
      throw new Error(`The bill of materials leaves out ${missing.join(", ")} of ${name}.`);
    }
  }
  for (const { name, licenses = [], hashes = [] } of components) {
    if (licenses.length === 0 || hashes.length === 0) {
      throw new Error(`The bill of materials has no licence or checksum of ${name}.`);
    }
  }
  return components.length;
}

function publicPackages() {
  return ["packages", "apps"]
    .flatMap((group) => readdirSync(join(clone, group)).map((name) => join(clone, group, name)))
    .map((folder) => ({
      folder,
      ...JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
    }))
    .filter((manifest) => manifest.private !== true);
}

function pnpm(...args) {
  // turbo looks for pnpm, too.
  const PATH = `${dirname(pnpmPath)}${delimiter}${process.env.PATH}`;
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", PATH };
  // npm hands its own settings down as npm_config_*; pnpm would take them for its own.
  for (const name of Object.keys(env)) {
    if (/^npm_(config|package|lifecycle)_/i.test(name)) {
      delete env[name];
    }
  }
  return run(pnpmPath, args, clone, env);
}

function run(program, args, cwd, env = process.env) {
  return new Promise((resolve, reject) => {
    const options = { cwd, env, maxBuffer: 64 * 1024 * 1024 };
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
      } else {
        reject(new Error(`${program} ${args.join(" ")} failed:\n${stdout}\n${stderr}`));
      }
    });
  });
}
