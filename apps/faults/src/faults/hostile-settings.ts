import type { Fault } from "../fault.js";
import { type TestVersion, testVersion } from "../test-version.js";

/** What somebody has set for the database; some of it would end every migration. */
const settings = [
  "lock_timeout TO '1ms'",
  "statement_timeout TO '500ms'",
  "idle_session_timeout TO '500ms'",
  "idle_in_transaction_session_timeout TO '100ms'",
  "default_transaction_isolation TO 'serializable'",
  "search_path TO pg_catalog",
  "standard_conforming_strings TO off",
  "client_min_messages TO 'debug1'",
  "check_function_bodies TO on",
  "DateStyle TO 'German'",
  "synchronous_commit TO off",
  "row_security TO off",
] as const;

/** Its statement takes longer than the time-outs say, and the run's other connections are idle. */
const slow: TestVersion = (() => {
  const version = testVersion(2, "rows");
  return { ...version, up: `${version.up}SELECT pg_sleep(0.8);\n` };
})();

export const hostileSettingsFaults: readonly Fault[] = settings.map((setting): Fault => {
  const [name = ""] = setting.split(" ");
  return {
    name: `setting-${name}`,
    row: 25,
    ...(name.endsWith("timeout") && {
      versions: () => [testVersion(1, "psql"), slow, testVersion(3, "concurrent")],
    }),
    async inject(scene) {
      const all = (sql: (database: string) => string) =>
        Promise.all(scene.places.map(({ node, database }) => node.query(sql(database.name))));
      await all((database) => `ALTER DATABASE ${database} SET ${setting}`);
      const ended = await scene.run();
      await all((database) => `ALTER DATABASE ${database} RESET ALL`);
      const problems = ended.status === 0 ? [] : [`status ${ended.status}: ${ended.stderr}`];
      return { outcome: "struck", runs: [ended], problems };
    },
  };
});
