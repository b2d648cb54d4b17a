import { execFile, execFileSync } from "node:child_process";
import { dirname } from "node:path";

/** What psql did with a script. */
export interface PsqlRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The major version of a program of PostgreSQL, or undefined where it is not installed. */
export function programMajor(program: "psql" | "pg_dump"): number | undefined {
  try {
    const version = execFileSync(program, ["--version"], { encoding: "utf8" });
    return Number(/ (\d+)\./.exec(version)?.[1]);
  } catch {
    return undefined;
  }
}

/** Where psql connects to. */
export interface PsqlTarget {
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password?: string;
}

/** Runs a file as the specification says: without psqlrc, stopping at the first error. */
export function runPsql(
  file: string,
  target: PsqlTarget,
  variables: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<PsqlRun> {
  const settings = Object.entries({ ON_ERROR_STOP: "1", ...variables });
  const connection = `host=127.0.0.1 port=${target.port} user=${target.user} dbname=${target.database} sslmode=disable gssencmode=disable`;
  return new Promise((resolve) => {
    execFile(
      "psql",
      [
        "-X",
        "-q",
        ...settings.flatMap(([name, value]) => ["-v", `${name}=${value}`]),
        ...args,
        "-d",
        connection,
        "-f",
        file,
      ],
      {
        encoding: "utf8",
        cwd: dirname(file),
        env: {
          PATH: process.env.PATH,
          LC_ALL: "C.UTF-8",
          ...env,
          ...(target.password === undefined ? {} : { PGPASSWORD: target.password }),
        },
      },
      (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ status, stdout, stderr });
      },
    );
  });
}
