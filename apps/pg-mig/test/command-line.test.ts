import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

/** No server and no directory, so that what needs one fails. */
const nothing = { PGHOST: "127.0.0.1:1", PGMIGDIR: "nowhere" };

describe("the command line", () => {
  it("--help names every option of the contract, with examples, and needs nothing", async () => {
    const { pgMig } = await scenario();
    const { status, stdout, stderr } = await pgMig(["--help"], { env: nothing });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const options =
      "migdir hosts port user pass db createdb undo make chain list parallelism dry force wait lock-timeout retry-for allow-pooler skip-config json quiet verbose color";
    for (const option of options.split(" ")) {
      expect(stdout).toMatch(new RegExp(`^ +--${option}`, "m"));
    }
    expect(stdout).toMatch(/^ +-h, --help/m);
    expect(stdout).toMatch(/^ +-V, --version/m);
    expect(stdout).toContain("pg-mig make add-users@sh --migdir=mig");
    expect(stdout).not.toContain("\u001b");
  });

  it("--version prints the version of the package", async () => {
    const { pgMig } = await scenario();
    const { version } = JSON.parse(
      await readFile(new URL("../package.json", import.meta.url), "utf8"),
    );
    expect(await pgMig(["--version"], { env: nothing })).toEqual({
      status: 0,
      stdout: `${version}\n`,
      stderr: "",
    });
  });

  it.each([
    ["--name=value", (folder: string) => [`--migdir=${folder}/mig`, "--parallelism=2"]],
    ["--name value", (folder: string) => ["--migdir", `${folder}/mig`, "--parallelism", "2"]],
  ])("takes %s", async (_, args) => {
    const { migrations, pgMig, folder, ledger } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "" });
    const env = { PGMIGDIR: undefined };
    expect((await pgMig(args(folder), { env })).status).toBe(0);
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
  });

  it.each([
    ["list", "1.a.sh\n"],
    ["digest", /^1\.[0-9a-f]{64}\n$/],
    ["chain", /chain\.txt\n$/],
    ["make more@sh", /more\.sh\.up\.sql\n.*more\.sh\.dn\.sql\n.*chain\.txt\n$/],
    ["--list", "1.a.sh\n"],
    ["--list=", "1.a.sh\n"],
    ["--list=digest", /^1\.[0-9a-f]{64}\n$/],
    ["--chain", /chain\.txt\n$/],
    ["--chain=", /chain\.txt\n$/],
    ["--make=more@sh", /more\.sh\.up\.sql\n.*more\.sh\.dn\.sql\n.*chain\.txt\n$/],
  ])("%s needs no server", async (option, prints) => {
    const { migrations, pgMig } = await scenario();
    await migrations({ "1.a.sh": "" });
    const { status, stdout } = await pgMig(option.split(" "), { env: { PGHOST: "127.0.0.1:1" } });
    expect(status).toBe(0);
    if (typeof prints === "string") {
      expect(stdout).toBe(prints);
    } else {
      expect(stdout).toMatch(prints);
    }
  });
});
