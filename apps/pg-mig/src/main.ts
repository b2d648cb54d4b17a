import process from "node:process";
import { run } from "./run.js";

// A reader that went away (`pg-mig --list | head -1`, `pg-mig 2>&1 | head`) has what it wanted, and a
// run does not stop half-way for it.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") {
      throw error;
    }
  });
}

run(process.argv.slice(2), process).then((status) => {
  process.exitCode = status;
});
