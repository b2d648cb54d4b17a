/** The config file that a new project starts with. Pure. */
export function starterConfig(migrationDirectory: string): string {
  return `import { defineConfig } from "pg-mig";

export default defineConfig({
  // The nodes: host, host:port, host:port/database or postgres:// URLs.
  PGHOST: ["127.0.0.1:5432"],
  // For the nodes that do not say it themselves. Passwords are best left to PGPASSWORD or ~/.pgpass.
  PGUSER: "postgres",
  PGDATABASE: "app",
  PGMIGDIR: ${JSON.stringify(migrationDirectory)},
});
`;
}
