// Checks what the packages promise beside their code: publint and arethetypeswrong for each of them,
// that its README has a runnable example, and that the manual shows the help as the command prints it.
// With --write the help is put into the manual.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

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
  const manual = join(root, "apps/pg-mig/README.md");
  const command = join(root, "apps/pg-mig/bin/pg-mig.cjs");
  const help = execFileSync(process.execPath, [command, "--help"], { encoding: "utf8" });
  const text = readFileSync(manual, "utf8");
  const shown = text.replace(
    /(<!-- help -->\n).*(<!-- \/help -->)/s,
    (_, start, end) => `${start}\`\`\`\n${help.trim()}\n\`\`\`\n${end}`,
  );
  if (process.argv.includes("--write")) {
    writeFileSync(manual, shown);
  } else if (shown !== text) {
    report("pg-mig", "README.md shows another help: node scripts/check-packages.mjs --write");
  }
}

function report(name, problem) {
  failed = true;
  console.error(`${name}: ${problem}`);
}
