// Checks what the packages promise beside their code: publint and arethetypeswrong for each of them,
// that its README has a runnable example, and that what is made from the table of settings is up to date:
// the help in the manual, the table in the README of @pg-mig/config, the JSON schema of a config file.
// With --write they are brought up to date.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folders = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => join(group, name)),
);
let failed = false;
for (const folder of folders) {
  const { private: isPrivate, name } = JSON.parse(
    readFileSync(join(root, folder, "package.json"), "utf8"),
  );
  if (isPrivate) {
    continue;
  }
  const readme = join(root, folder, "README.md");
  if (!existsSync(readme) || !/```(ts|js|sh)\n/.test(readFileSync(readme, "utf8"))) {
    report(name, "there is no README.md with an example");
  }
  await check(folder, name, "publint", ["--strict"]);
  await check(folder, name, "attw", ["--pack", "--profile", "esm-only"]);
}
checkHelp();
await checkSettings();
if (failed) {
  process.exit(1);
}
console.log("Packages: all checked.");

function check(folder, name, command, args) {
  return new Promise((resolve) => {
    const output = [];
    const child = spawn(join(root, "node_modules", ".bin", command), args, {
      cwd: join(root, folder),
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
