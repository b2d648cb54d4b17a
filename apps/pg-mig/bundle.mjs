// Bundles the command into bin/: one file instead of hundreds halves the time until it does its work.
// The library (dist/) is not bundled.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const { metafile } = await build({
  entryPoints: { "pg-mig": "dist/main.js" },
  outdir: "bin",
  bundle: true,
  splitting: true,
  minify: true,
  // Stack traces and class names stay readable.
  keepNames: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  // jiti loads a file of its own by path; pg-native is optional and not ours.
  external: ["jiti", "pg-native"],
  // pg asks whether it runs at Cloudflare by making a Response, for which Node 20 loads all of fetch.
  define: { Response: "undefined" },
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  metafile: true,
});

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
