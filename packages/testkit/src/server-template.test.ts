import { readdir, rm } from "node:fs/promises";
import { expect, it } from "vitest";
import { findPostgresBinaries } from "./postgres-binaries.js";
import { serverTemplate } from "./server-template.js";
import { chooseServerUser } from "./server-user.js";
import { makeClusterDirectory } from "./work-directories.js";

it("makes one template, whole, however many ask for it at once", async () => {
  const user = await chooseServerUser();
  const cacheDirectory = await makeClusterDirectory(user, "disk");
  try {
    const binaries = findPostgresBinaries(18);
    const options = { binaries, user, cacheDirectory };
    const templates = await Promise.all([1, 2, 3].map(() => serverTemplate(options)));
    expect(new Set(templates.map((template) => template.password)).size).toBe(1);
    const made = await readdir(cacheDirectory);
    // From a project in a folder that is closed to the servers' user, the programs are copied, too.
    expect(made.filter((name) => name !== `${binaries.version}-postgres`)).toHaveLength(1);
    const [first] = templates;
    expect(await readdir(first?.dataDirectory ?? "")).toContain("PG_VERSION");
  } finally {
    await rm(cacheDirectory, { recursive: true, force: true });
  }
});
