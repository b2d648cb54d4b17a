// Prints a software bill of materials (CycloneDX, JSON) of packages as a user gets them: with all
// that npm installs along with them. Runs no script of any of them.
//
//   node scripts/bill-of-materials.mjs pg-mig@1.0.0 [more packages, or tarballs]
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The bill of materials of packages, by their names and versions or the paths of their tarballs. */
export async function billOfMaterials(packages) {
  const folder = mkdtempSync(join(tmpdir(), "pg-mig-bill-"));
  try {
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ name: "pg-mig-release", version: "0.0.0" }),
    );
    await npm(folder, "install", "--omit=dev", "--ignore-scripts", "--no-audit", ...packages);
    return JSON.parse(await npm(folder, "sbom", "--sbom-format=cyclonedx", "--omit=dev"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function npm(cwd, ...args) {
  return new Promise((resolve, reject) => {
    execFile("npm", args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
      } else {
        reject(new Error(`npm ${args[0]} failed:\n${stderr}`));
      }
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await billOfMaterials(process.argv.slice(2)), undefined, 2));
}
