#!/usr/bin/env node
import module from "node:module";
import process from "node:process";

// Node 22 keeps what it compiled for the next start; types of Node 20 do not know it.
(module as { enableCompileCache?: () => void }).enableCompileCache?.();

// A reader that went away (`pg-mig --list | head -1`) has what it wanted.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const { run } = await import("./run.js");
process.exitCode = await run(process.argv.slice(2), process);
