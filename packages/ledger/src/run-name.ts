/** What a run says of itself in `application_name`, which is all that a role may see of another's. */
export interface RunName {
  /** A word, such as `apply`. */
  readonly action: string;
  /** When it began. Seconds count; what is below is dropped. */
  readonly since: Date;
  /** Of the tool's process, on its host. */
  readonly pid: number;
  readonly host: string;
}

/** PostgreSQL cuts longer names off. */
const maxBytes = 63;

/**
 * Renders an `application_name` of at most 63 bytes: `pg-mig apply 2026-11-22T23:51:02Z 1234@ci-7`.
 * The host comes last, as the one part that is cut where it is too long; characters of it that are
 * no printable ASCII, which servers would garble, become `?`.
 */
export function renderRunName({ action, since, pid, host }: RunName): string {
  const when = since.toISOString().replace(/\.\d+Z$/, "Z");
  const shown = host.replace(/[^\x20-\x7e]/gu, "?");
  return `pg-mig ${action} ${when} ${pid}@${shown}`.slice(0, maxBytes);
}

/** Reads what {@link renderRunName} made; `undefined`: it is some other name. */
export function parseRunName(applicationName: string): RunName | undefined {
  const match =
    /^pg-mig (?<action>\w+) (?<since>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (?<pid>\d+)@(?<host>.*)$/.exec(
      applicationName,
    );
  if (match?.groups === undefined) {
    return undefined;
  }
  const { action = "", since = "", pid, host = "" } = match.groups;
  const began = new Date(since);
  return Number.isNaN(began.getTime())
    ? undefined
    : { action, since: began, pid: Number(pid), host };
}
