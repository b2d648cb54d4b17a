// Bundles the command into one file: instead of hundreds it halves the time until it does its work.
// The library (dist/) is not bundled.
//
//   node bundle.mjs [--readable=<file>]   a second one, as it was written, for programs that look at it
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { readable } = parseArgs({ options: { readable: { type: "string" } } }).values;
const bundle = {
  entryPoints: ["dist/main.js"],
  outfile: "bin/pg-mig.cjs",
  bundle: true,
  // Names stay, so that stack traces can be read: to keep them by `keepNames` costs a call for each function,
  // each time it is made.
  minifyWhitespace: true,
  minifySyntax: true,
  platform: "node",
  // Node starts a script of this kind some 10 ms sooner than a module.
  format: "cjs",
  target: "node20.19",
  // jiti loads a file of its own by path; pg-native is optional and not ours.
  external: ["jiti", "pg-native"],
  define: {
    // pg asks whether it runs at Cloudflare by making a Response, for which Node 20 loads all of fetch.
    Response: "undefined",
    "import.meta.url": "importMetaUrl",
  },
  banner: {
    js: "#!/usr/bin/env node\nconst importMetaUrl = require('node:url').pathToFileURL(__filename).href;",
  },
  metafile: true,
};
if (readable !== undefined) {
  await build({ ...bundle, outfile: readable, minifyWhitespace: false, minifySyntax: false });
  process.exit();
}
rmSync("bin", { recursive: true, force: true });
const { metafile } = await build(bundle);
chmodSync("bin/pg-mig.cjs", 0o755);

const packages = new Set(
  Object.keys(metafile.inputs).flatMap(
    (input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? [],
  ),
);
const licenses = [...packages].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? "" : `\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  return `${name} ${version} (${license})\n${text}`;
});
writeFileSync("bin/THIRD-PARTY-LICENSES.txt", licenses.join(`\n${"-".repeat(72)}\n\n`));
