import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

const message = "this cannot happen";
const bug = `new TypeError("${message}")`;

/** Modules for `node --require`, each with a bug that no step of the run meets. */
const bugs = {
  "nobody catches it": `setTimeout(() => { throw ${bug}; }, 1500);`,
  "nobody handles its promise": `setTimeout(() => Promise.reject(${bug}), 1500);`,
  "the watch meets it": `const { Socket } = require("node:net");
    const { write } = Socket.prototype;
    Socket.prototype.write = function (data, ...rest) {
      if (String(data).includes("pg_blocking_pids")) throw ${bug};
      return write.call(this, data, ...rest);
    };`,
};

describe("a bug beside the steps of a run", () => {
  it.each(Object.entries(bugs))(
    "ends the command with status 70 if %s",
    async (_, preloaded) => {
      const { folder, write, migrations, pgMig, column } = await scenario({
        shards: ["sh1", "sh2"],
      });
      await write("bug.cjs", preloaded);
      await migrations({ "1.a.sh": "SELECT pg_sleep(20)", "2.b.sh": "CREATE TABLE t()" });
      const { status, stdout, stderr } = await pgMig(["--parallelism=1", "--json"], {
        env: { NODE_OPTIONS: `--require=${join(folder, "bug.cjs")}` },
      });
      expect(stderr).toContain(`bug: TypeError: ${message}`);
      expect(stderr).not.toContain("    at ");
      expect(status).toBe(70);
      const events = stdout
        .trimEnd()
        .split("\n")
        .map((text) => JSON.parse(text));
      expect(events.at(-1)).toMatchObject({ type: "error", code: "INTERNAL_ERROR" });
      expect(await column("SELECT 1 FROM pg_proc WHERE proname = 'mig_versions_const'")).toEqual(
        [],
      );
      if (preloaded === bugs["the watch meets it"]) {
        const report = events.findLast(({ type }) => type === "run:done")?.report;
        expect(report).toMatchObject({ outcome: "failed", error: { code: "INTERNAL_ERROR" } });
        expect(report.abandoned).toMatchObject([{ reason: "bug" }, { reason: "bug" }]);
      }
    },
    60_000,
  );
});
