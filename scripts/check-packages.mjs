// Checks what the packages promise beside their code: publint and arethetypeswrong for each of them,
// and that its README has a runnable example.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
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
  if (isPrivate) continue;
  if (!/```(ts|js|sh|bash)\n/.test(readFileSync(join(root, folder, "README.md"), "utf8"))) {
    report(name, "README.md has no example");
  }
  await check(folder, name, "publint", ["--strict"]);
  await check(folder, name, "attw", ["--pack", "--profile", "esm-only"]);
}
if (failed) process.exit(1);
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
      if (code !== 0) report(name, `${command} says:\n${Buffer.concat(output)}`);
      resolve();
    });
  });
}

function report(name, problem) {
  failed = true;
  console.error(`${name}: ${problem}`);
}
