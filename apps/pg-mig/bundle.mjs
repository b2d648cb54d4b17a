// Bundles the command: that of hundreds of files a handful is loaded halves the time until it does its work. The
// library (dist/) is not bundled.
//
//   node bundle.mjs [--readable=<file>]   all in one file, as it was written, for programs that look at it
import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { rolldown } from "rolldown";

/**
 * What is loaded together. A chunk holds these files and all that they import, but what an earlier chunk has. Each
 * other `import()` of the source makes one of its own from what is in none of these: `bin/status.cjs`. What two of
 * those need and nothing else is a chunk, too.
 */
const chunks = {
  start: ["pg-mig/dist/cli.js"],
  "command-line": ["pg-mig/dist/run-command.js"],
  failure: ["pg-mig/dist/show-failure.js"],
  driver: ["stand-in/ours/pg", "node_modules/pg/"],
  // Most of what actions have in common, that of apply first of all: it shall start soon.
  actions: [
    ...["actions/apply", "actions/undo", "resolve-settings", "read-service", "is-bug"],
    "view/write-answer",
  ].map((name) => `pg-mig/dist/${name}.js`),
  // What reads files of SQL: if there is anything to do.
  scripts: inMigrate("load-scripts", "refuse-shell-commands"),
  // Loaded with the run lock, all of it: another release may be installed while a run is under way.
  run: [
    "sessions/dist/run-lock.js",
    ...inMigrate("run-round", "run-sql-on-nodes", "refuse-unguarded", "throttle-watch"),
    ...inMigrate("run-journal", "ask-gate", "verify-run", "verify-shards"),
  ],
};

function inMigrate(...names) {
  return names.map((name) => `migrate/dist/${name}.js`);
}

/** What stands for modules that cost time for nothing, by who asks for which. */
const standIns = {
  // A bundler copies all properties of a module, and this one is there anyway.
  "ours/node:process": "export default process;",
  // Without its pool and its other driver.
  "ours/pg": `
    import TypeOverrides from "pg/lib/type-overrides";
    export { default as Client } from "pg/lib/client";
    export const types = new TypeOverrides();`,
  // We read such files and texts ourselves.
  "pg/pgpass": "module.exports = {};",
  "pg/pg-connection-string": "module.exports = {};",
  // For what pg hands to its other driver.
  "pg/dns": "module.exports = {};",
  // For commands that are programs of their own: there are none.
  "commander/node:child_process": "module.exports = {};",
};

const useStandIns = {
  name: "use-stand-ins",
  resolveId(source, importer = "") {
    if (join(dirname(importer), source).endsWith("/node_modules/pg/lib/crypto/utils")) {
      return resolve("login-cryptography.cjs");
    }
    const asking = /^.*\/node_modules\/([^/]+)/.exec(importer)?.[1] ?? "ours";
    const name = `${asking}/${source}`;
    return name in standIns ? `\0/stand-in/${name}` : undefined;
  },
  load: (id) => standIns[id.replace("\0/stand-in/", "")],
};

/**
 * Has V8 read once what runs at once: a package that is no module stands in a function that is called when it is needed.
 * V8 knows of no arrow function that it will be called, and reads it twice.
 */
const readOnce = {
  name: "read-once",
  generateBundle(_, written) {
    for (const chunk of Object.values(written)) {
      chunk.code = chunk.code.replace(
        /(\.t\(\()(?:\(([\w,]*)\)|(\w+))=>\{/g,
        (_match, call, several, one) => `${call}function(${several ?? one}){`,
      );
    }
  },
};

/** A file that is loaded by Node itself, so that it can import(): code that was kept cannot. */
const nativeImport =
  '(await import("node:module")).createRequire(import.meta.url)("./native-import.cjs")';

/**
 * How a config file is imported. What it imports from pg-mig comes from the chunks that run already: from dist/, it
 * would all be read anew.
 */
const importFromBundle = {
  name: "import-from-bundle",
  transform: {
    filter: { id: /\/config\/dist\/import-module\.js$/ },
    handler: (code) =>
      [
        ['resolve("pg-mig")', 'resolve("./library.cjs")'],
        ["import(pathToFileURL", `${nativeImport}(pathToFileURL`],
      ].reduce((text, [from, to]) => {
        if (!text.includes(from)) {
          throw new Error(`import-module.js has no ${from} any more`);
        }
        return text.replace(from, to);
      }, code),
  },
  generateBundle(_, written) {
    for (const { fileName, code = "" } of Object.values(written)) {
      if (/(?<!\.)\bimport\(/.test(code)) {
        throw new Error(`${fileName} has an import() of its own`);
      }
    }
  },
};

const { readable } = parseArgs({ options: { readable: { type: "string" } } }).values;
const bundle = await rolldown({
  input: {
    main: "dist/main.js",
    ...(readable === undefined ? { library: "dist/index.js" } : {}),
  },
  platform: "node",
  // jiti loads a file of its own by path; pg-native is optional and not ours.
  external: ["jiti", "pg-native"],
  transform: {
    target: "node20.19",
    // pg asks whether it runs at Cloudflare by making a Response, for which Node 20 loads all of fetch.
    define: { Response: "undefined" },
    inject: { performance: [resolve("dist/process-time.js"), "performance"] },
  },
  plugins: [useStandIns, readOnce, ...(readable === undefined ? [importFromBundle] : [])],
  // What is loaded later must not be loaded sooner by somebody who writes this.
  onLog(level, { code, message }) {
    if (level !== "info") {
      throw new Error(`${code}: ${message}`);
    }
  },
});
const output = {
  // Node starts a script of this kind some 10 ms sooner than a module.
  format: "cjs",
  dynamicImportInCjs: readable !== undefined,
  exports: "named",
};
if (readable !== undefined) {
  await bundle.write({ ...output, file: readable, codeSplitting: false, minify: false });
  process.exit();
}
rmSync("bin", { recursive: true, force: true });
const built = await bundle.write({
  ...output,
  dir: "bin",
  entryFileNames: "[name].cjs",
  chunkFileNames: "[name].cjs",
  codeSplitting: {
    groups: Object.entries(chunks).map(([name, files], at, { length }) => ({
      name,
      test: (id) => files.some((file) => id.includes(`/${file}`)),
      priority: length - at,
    })),
  },
  // Names stay, so that stack traces can be read.
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
});
writeFileSync("bin/native-import.cjs", "module.exports = (url) => import(url);\n");
copyFileSync("compiled-code.cjs", "bin/pg-mig.cjs");
chmodSync("bin/pg-mig.cjs", 0o755);

const packages = new Set(
  built.output
    .flatMap(({ moduleIds }) => moduleIds)
    .flatMap((id) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []),
);
const licenses = [...packages].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? "" : `\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  return `${name} ${version} (${license})\n${text}`;
});
writeFileSync("bin/THIRD-PARTY-LICENSES.txt", licenses.join(`\n${"-".repeat(72)}\n\n`));
