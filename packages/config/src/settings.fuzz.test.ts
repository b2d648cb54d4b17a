import { brokenText, fuzz } from "@pg-mig/fuzz";
import fc from "fast-check";
import { it } from "vitest";
import { mergeSettings } from "./merge-settings.js";
import { configKey } from "./setting-definition.js";
import { settingDefinitions } from "./setting-table.js";

const texts = brokenText(
  ["5", "10s", "1h30m", "true", "db1:5432/app", "/mig", "postgres://a:b@c/d", "2/3", "verify-full"],
  ["s", "m", "%", "=", ","],
);

it("takes or refuses every value of every setting, from a config file and the environment", () => {
  const keys = settingDefinitions.map(([, definition]) => configKey(definition) ?? "");
  const variables = settingDefinitions.map(([, { variable }]) => variable ?? "");
  const key = fc.oneof(fc.constantFrom(...keys, "after", "hosts", "discovery", "PGSERVICE"), texts);
  const value = fc.oneof(texts, fc.jsonValue(), fc.anything({ withDate: true, withBigInt: true }));
  const layers = fc.array(
    fc.record({
      path: fc.constant("/work/pg-mig.config.ts"),
      config: fc.dictionary(key, value, { maxKeys: 4 }),
    }),
    { maxLength: 2 },
  );
  const env = fc.dictionary(fc.constantFrom(...variables, "PGSERVICE", "PGPASSFILE"), texts, {
    maxKeys: 4,
  });
  const places = fc.record({ layers, env });
  fuzz("config and environment", places, (given) =>
    mergeSettings({
      flags: {},
      layers: given.layers,
      env: { PGMIGDIR: "/mig", ...given.env },
      cwd: "/work",
      os: { user: "ann", home: "/home/ann", uid: 1000 },
    }),
  );
});
