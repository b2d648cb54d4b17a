import { brokenText, fuzz } from "@pg-mig/fuzz";
import { it } from "vitest";
import { renderChainFile } from "./render-chain-file.js";
import { migrationFileName, parseMigrationFileName, parseVersion } from "./version.js";

const names = ["20240101000000.add-table.sh", "20231231235959.a.b.public"];

it("reads every file name as one of a version, or as none", () => {
  const files = names.flatMap((name) => [`${name}.up.sql`, `${name}.dn.sql`]);
  fuzz("file names", brokenText(files, [".up", ".dn", ".sql", "."]), (name) => {
    const parsed = parseMigrationFileName(name);
    if (parsed !== undefined) {
      const again = migrationFileName(parsed.version.name, parsed.direction);
      if (again !== name) {
        throw new Error(`read as ${again}`);
      }
    }
  });
});

it("brings every text of a chain.txt up to date, once", () => {
  const versions = names.flatMap((name) => parseVersion(name) ?? []);
  const [first, second] = names;
  const texts = [
    `# top\n\n0123456789abcdef\n(init) -> ${first} # why\n${first} -> ${second}\n`,
    `digest=7.0123456789abcdef # c\r\n(init) -> ${first} # c\r\n${first} -> 2.gone.sh # c\r\n`,
    "",
  ];
  fuzz(
    "chain.txt",
    brokenText(texts, ["#", "\n", "\r", " -> ", "(init)", "<<<<<<< HEAD\n", "fedcba9876543210\n"]),
    (text) => {
      const after = renderChainFile(versions, text);
      if (renderChainFile(versions, after) !== after) {
        throw new Error("changed again");
      }
    },
  );
});
