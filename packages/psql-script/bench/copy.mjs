// The memory that `\copy … from` of a large file takes: `pnpm build && node bench/copy.mjs [megabytes]`
//
// Each measurement is a process of its own, because the peak of a process never falls.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, statfs } from "node:fs/promises";
import { join } from "node:path";
import { startNodes } from "@pg-mig/testkit";
import pg from "pg";
import { parseScript, runScript } from "../dist/index.js";

const file = "data.txt";
const mb = 1_000_000;

/** Runs in a child: the script, and what it cost. */
async function measure(url, cwd, text) {
  const client = new pg.Client(url);
  await client.connect();
  const start = performance.now();
  await runScript(parseScript(text, { file: "copy.sql" }), client, { cwd });
  const seconds = (performance.now() - start) / 1000;
  await client.end();
  process.stdout.write(JSON.stringify({ seconds, peak: process.resourceUsage().maxRSS * 1024 }));
}

async function measureApart(url, cwd, text) {
  const child = spawn(process.execPath, [import.meta.filename, "measure", url, cwd, text], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const [status] = await once(child, "close");
  if (status !== 0) {
    throw new Error(`the measuring process ended with status ${status}`);
  }
  return JSON.parse(output);
}

async function writeData(path, bytes) {
  const file = await open(path, "w");
  for (let written = 0, id = 0; written < bytes; ) {
    let lines = "";
    while (lines.length < 1_000_000) {
      lines += `${id++}\t${"x".repeat(200)}\n`;
    }
    written += (await file.write(lines)).bytesWritten;
  }
  await file.close();
}

async function compare({ directory, node }, bytes) {
  // The file, and the table that holds it.
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < 4 * bytes) {
    throw new Error(`too little disk space in ${directory}`);
  }
  const database = await node.createDatabase();
  await writeData(join(directory, file), bytes);
  const table = "CREATE UNLOGGED TABLE t (id int, b text);\n";
  const without = await measureApart(database.url, directory, `${table}DROP TABLE t;\n`);
  const copied = await measureApart(database.url, directory, `${table}\\copy t from ${file}\n`);
  const [{ count }] = await database.query("SELECT count(*) FROM t");
  show("without data", without);
  show(`\\copy of ${(bytes / mb).toFixed(0)} MB, ${count} rows`, copied);
}

function show(name, { seconds, peak }) {
  process.stdout.write(`${name}: peak ${(peak / mb).toFixed(1)} MB, ${seconds.toFixed(1)} s\n`);
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === "measure") {
  await measure(...rest);
} else {
  // The data lies in the cluster's directory, and goes away with it.
  const cluster = await startNodes();
  try {
    await compare(cluster, Number(mode ?? 1000) * mb);
  } finally {
    await cluster.stop();
  }
}
