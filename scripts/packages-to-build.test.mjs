import assert from "node:assert/strict";
import { it } from "node:test";
import { packagesToBuild } from "./packages-to-build.mjs";

const cases = [
  ["--project @pg-mig/planner -t prefix", ["@pg-mig/planner"]],
  ["--project=pg-mig --project=@pg-mig/ledger", ["pg-mig", "@pg-mig/ledger"]],
  ["--project pg-mig packages/planner/src/x.test.ts", ["pg-mig"]],
  ["packages/planner/src/x.test.ts -t=prefix", ["./packages/planner"]],
  ["packages/planner/src/x.test.ts packages/planner/src/y.test.ts", ["./packages/planner"]],
  ["", []],
  ["-t prefix", []],
  ["x.test.ts", []],
  ["packages/planner/src/x.test.ts y.test.ts", []],
  ["--project=!pg-mig", []],
  ["--project=@pg-mig/*", []],
  ["--project", []],
];
for (const [line, packages] of cases) {
  const shown = packages.join(" and ") || "everything";
  it(`Tests chosen by "${line}" need ${shown} built`, () => {
    assert.deepEqual(packagesToBuild(line.split(" ").filter(Boolean)), packages);
  });
}
