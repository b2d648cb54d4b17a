import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { text as textOf } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { type Scenario, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });
const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const page = fromHere("../../../docs/rolling-out.md");
const shards = ["sh0001", "sh0002", "sh0003", "sh0004"];
const release = "20270104091000.users.sh";

/** A config of the page, up to the next heading. */
const example = /^```js pg-mig\.config\.mjs\n(.*?)^```\n.*?(?=^#)/gms;
const session = /^```console\n\$ (pg-mig.*?)\n.*?^```$/gms;

// After a change of what the command prints, `vitest run` of this file with --update writes it into the page.
it("the page shows what runs with its configs print", { timeout: 120_000 }, async () => {
  const text = await readFile(page, "utf8");
  let shown = text;
  const examples = [...text.matchAll(example)];
  expect(examples).toHaveLength(3);
  for (const [whole, config = ""] of examples) {
    const given = await scenario({ shards });
    await given.migrations({
      [release]: "CREATE TABLE users (id bigint)",
      [`${release}.dn.sql`]: "DROP TABLE users;",
    });
    await given.write("pg-mig.config.mjs", config);
    let printed = whole;
    for (const [block, line = ""] of whole.matchAll(session)) {
      const output = withoutChance(await outputOf(line, given), given);
      printed = printed.replace(block, () => `\`\`\`console\n$ ${line}\n${output}\n\`\`\``);
    }
    shown = shown.replace(whole, () => printed);
  }
  await expect(shown).toMatchFileSnapshot(page);
});

/** What a command prints, both streams as they come. */
async function outputOf(line: string, { folder, databases }: Scenario): Promise<string> {
  const args = line.split(" ").slice(1);
  const command = [process.execPath, fromHere("../bin/pg-mig.cjs"), ...args];
  const child = spawn("sh", ["-c", 'exec "$@" 2>&1', "sh", ...command], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      PGHOST: databases.map(({ url }) => url).join(","),
      PGMIGDIR: join(folder, "mig"),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output] = await Promise.all([textOf(child.stdout), once(child, "close")]);
  return output;
}

const allShards = "db1:sh0001-0004; db2:sh0001-0004";

/**
 * Servers by fixed names, and no times. Which shards a wave takes follows from the servers, which are others
 * each time: what is not all of them is left out. So are lines that come only if something takes long.
 */
function withoutChance(output: string, { databases }: Scenario): string {
  const addresses = databases.map(({ url }) => new URL(url));
  const ports = addresses.map(({ port }) => port).sort();
  let text = output;
  for (const { port, pathname } of addresses) {
    const name = `db${ports.indexOf(port) + 1}`;
    text = text
      .replaceAll(`127.0.0.1:${port}${pathname}`, `${name}:5432/app`)
      .replaceAll(`127.0.0.1:${port}`, name);
  }
  return text
    .replace(/db\d:sh\d{4}(?:(?:-|, |, sh|; db\d:sh)\d{4})*/g, (places) =>
      places === allShards ? places : "…",
    )
    .replace(/\b[\d.]+ (?:ms|s)\b/g, "3 s")
    .trimEnd()
    .split("\n")
    .filter((line) => !/^(?:done |\d+\/\d+ )/.test(line))
    .join("\n");
}
