import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

describe("pg-mig --make and --chain", () => {
  it("make a pair of files after all others, and chain.txt", async () => {
    const { migrations, pgMig, folder } = await scenario();
    await migrations({ "20990101000000.a.sh": "" });
    const { status, stdout } = await pgMig(["--make=add-users@sh"]);
    expect(status).toBe(0);
    const name = "20990101000060.add-users.sh";
    expect(stdout).toBe(`mig/${name}.up.sql\nmig/${name}.dn.sql\nmig/chain.txt\n`);
    const files = await readdir(join(folder, "mig"));
    expect(files.filter((file) => file.startsWith(name))).toEqual([
      `${name}.dn.sql`,
      `${name}.up.sql`,
    ]);
    const chain = await readFile(join(folder, "mig/chain.txt"), "utf8");
    expect(chain).toContain(`(init) -> 20990101000000.a.sh\n20990101000000.a.sh -> ${name}\n`);
    expect((await pgMig(["--chain="])).status).toBe(0);
    expect(await readFile(join(folder, "mig/chain.txt"), "utf8")).toBe(chain);
  });

  it("warn of a prefix that no version has yet, and make it all the same", async () => {
    const { migrations, pgMig } = await scenario();
    await migrations({ "1.a.sh": "", "2.b.public": "" });
    const { status, stderr } = await pgMig(["--make=x@publik"]);
    expect(status).toBe(0);
    expect(stderr).toContain('no version has the prefix "publik" yet (known: public, sh)');
    expect(stderr).toContain('Did you mean "public"?');
  });

  it.each(["Users@sh", "users", "@sh", "users@", "users@a.b"])("refuse %s", async (target) => {
    const { pgMig, folder } = await scenario();
    const { status, stderr } = await pgMig([`--make=${target}`]);
    expect(status).toBe(1);
    expect(stderr).toContain("title@prefix");
    expect(await readdir(join(folder, "mig"))).toEqual([]);
  });
});
