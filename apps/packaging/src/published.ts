import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PackedPackage, packPackages } from "./pack-packages.js";
import { startRegistry } from "./registry.js";

/** All public packages, packed, and as good as published to who has this in the environment. */
export interface Published {
  readonly packages: readonly PackedPackage[];
  readonly env: Readonly<Record<string, string>>;
}

/** Packs the packages as they are built; `remove` takes all of it away. */
export async function publish(): Promise<Published & { readonly remove: () => Promise<void> }> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "pg-mig-tarballs-")));
  const packages = await packPackages(folder);
  const registry = await startRegistry(packages);
  return {
    packages,
    env: registry.env,
    async remove() {
      await registry.close();
      await rm(folder, { recursive: true });
    },
  };
}
