import { brokenText, fuzz } from "@pg-mig/fuzz";
import { it } from "vitest";
import { parseRunName } from "./run-name.js";
import { parseShardLedger, renderShardLedger } from "./shard-ledger.js";

it("takes or refuses every text of a ledger", () => {
  const texts = [
    `SELECT '["20240101000000.a.sh","20240102000000.b.sh"]'`,
    `SELECT '["20240101000000.a.sh"]'; -- {"v": 1}`,
    renderShardLedger([
      {
        version: "20240101000000.a.sh",
        checksum: "0123456789abcdef",
        appliedAt: "2024-01-01T00:00:00Z",
      },
    ]),
  ];
  fuzz(
    "ledger texts",
    brokenText(texts, ["'", '"', "[", "]", ",", "--", "/*", ";", "{", "}"]),
    (stored) => parseShardLedger({ shard: "sh1", schemaOid: 1, stored }),
  );
});

it("reads every application name as that of a run, or as none", () => {
  const names = ["pg-mig apply 2026-01-01T00:00:00Z 77@host.example", "pg-mig", "psql"];
  fuzz("application names", brokenText(names, ["@", " ", "Z"]), parseRunName);
});
