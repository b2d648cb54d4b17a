import type { Fault } from "../fault.js";

/** What somebody has set for the database; some of it would end every migration. */
const settings = [
  "lock_timeout TO '1ms'",
  "statement_timeout TO '300ms'",
  "idle_session_timeout TO '100ms'",
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

export const hostileSettingsFaults: readonly Fault[] = settings.map((setting): Fault => {
  const [name = ""] = setting.split(" ");
  return {
    name: `setting-${name}`,
    row: 25,
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
