import process from "node:process";
import { run } from "./run.js";

// A reader that went away (`pg-mig --list | head -1`) has what it wanted.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

run(process.argv.slice(2), process).then((status) => {
  process.exitCode = status;
});
