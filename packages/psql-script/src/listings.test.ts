import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNodes } from "@pg-mig/testkit";
import { describe, expect, it } from "vitest";
import { commandRule } from "./lex/command-table.js";
import { programMajor, runPsql } from "./testing/psql.js";

const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+;1_"];
const families = ["dA", "de", "df", "dF", "dP", "dr", "dR", "dt", "dd"];
const others =
  "d drds drdsx drdx drg drgS drop delete dump dtable dconfig dcon ddp dfx dAcx dAco " +
  "l lS l+ lx l+x lx+ lxx list list+ listx list+x lists lo_list lo_list+ lo_ lo_nosuch " +
  "z zS zx zSx zxS z+ zz s s+ sf sf+ sfx sv sv+ svx";

const names = [
  ...letters.map((letter) => `d${letter}`),
  ...families.flatMap((family) => letters.map((letter) => family + letter)),
  ...others.split(" "),
];

/** What psql 16 to 18 added to psql 15. */
const newer =
  /^(?:zS|zx|zSx|zxS|lx|listx|l\+x|list\+x|lx\+|listx\+|drgS?|dAx|dfx|dFx|dPx|lo_list[+]?x)$/;

describe.skipIf(programMajor("psql") !== 15)("the names of listings", () => {
  it("are those that psql knows", async () => {
    await using cluster = await startNodes({ major: 15 });
    const { port, user, password } = cluster.node;
    const { name: database } = await cluster.node.createDatabase();
    const directory = await mkdtemp(join(tmpdir(), "psql-script-"));
    const file = join(directory, "listings.sql");
    await writeFile(file, ["\\o /dev/null", ...names.map((name) => `\\${name}`), ""].join("\n"));
    const target = { port, user, password, database };
    const { stderr } = await runPsql(file, target, { ON_ERROR_STOP: "0" });
    await rm(directory, { recursive: true });
    const unknown = new Set(
      [...stderr.matchAll(/invalid command \\(\S+)/g)].map(([, name]) => name),
    );
    expect(unknown).toContain("drop");
    expect(names.filter((name) => commandRule(name) === undefined)).toEqual(
      names.filter((name) => unknown.has(name) && !newer.test(name)),
    );
  }, 120_000);
});
