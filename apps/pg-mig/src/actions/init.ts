import { relative } from "node:path";
import { init } from "@pg-mig/migrate";
import type { ActionContext } from "../action-context.js";
import { exitStatus } from "../exit-status.js";
import { shortPath } from "../short-path.js";
import { starterConfig } from "../starter-config.js";
import { writeFileNames } from "../view/write-file-names.js";

const nextSteps = `
Write your nodes into pg-mig.config.ts. Then:

  npx pg-mig plan --createdb     # shows what would be done
  npx pg-mig apply --createdb    # does it, and makes the databases that are missing
`;

/** Writes the config file, the directory and its first version. */
export async function initAction(context: ActionContext): Promise<number> {
  const { settings, stdout, cwd } = context;
  const migdir = relative(cwd, settings.migdir) || ".";
  const files = await init({
    folder: cwd,
    migrationDirectory: settings.migdir,
    config: { name: "pg-mig.config.ts", text: starterConfig(migdir) },
  });
  writeFileNames(
    files.map((file) => shortPath(file, cwd)),
    { settings, stdout },
  );
  if (!settings.json) {
    stdout.write(nextSteps);
  }
  return exitStatus.done;
}
