import { PgMigError } from "@pg-mig/model";
import type { ConfigLayer } from "./config-layer.js";
import { findWritten } from "./find-given.js";
import { renderSource } from "./setting-source.js";
import { text } from "./setting-types.js";

/**
 * What becomes of a variable of libpq:
 * - `setting`: it is read as one of the settings;
 * - `startup`: its value is sent when a connection starts, as the parameter of that name;
 * - `refused`: it would change where or how we connect, or who may answer, in a way that we do not
 *   have; values that mean what we do anyway (`unless`) pass;
 * - `harmless`: it changes nothing that we do, for the reason given.
 */
export type LibpqVariable =
  | { readonly type: "setting" }
  | { readonly type: "startup"; readonly parameter: string }
  | {
      readonly type: "refused";
      readonly instead: string;
      readonly unless?: RegExp;
      /** Another variable, beside which this one means nothing. */
      readonly overruledBy?: string;
    }
  | { readonly type: "harmless"; readonly because: string };

const setting = { type: "setting" } as const;
const startup = (parameter: string) => ({ type: "startup", parameter }) as const;
const harmless = (because: string) => ({ type: "harmless", because }) as const;
/** Refused but for values that are what we do anyway; `instead` says what to do. */
const refused = (instead: string, unless?: RegExp) =>
  ({ type: "refused", instead, ...(unless && { unless }) }) as const;

const noKerberos = harmless("Kerberos is not spoken at all");
const onlyForServices = harmless("it only says where services are, and PGSERVICE is refused");

/** All environment variables that libpq of PostgreSQL 14 to 18 knows. */
export const libpqVariables: Readonly<Record<string, LibpqVariable>> = {
  PGHOST: setting,
  PGPORT: setting,
  PGDATABASE: setting,
  PGUSER: setting,
  PGPASSWORD: setting,
  PGPASSFILE: setting,
  PGSSLMODE: setting,
  PGSSLROOTCERT: setting,
  PGSSLCERT: setting,
  PGSSLKEY: setting,
  PGCONNECT_TIMEOUT: setting,

  PGOPTIONS: startup("options"),
  PGTZ: startup("TimeZone"),
  PGDATESTYLE: startup("DateStyle"),
  PGGEQO: startup("geqo"),

  PGSERVICE: refused("Write what the service says into --hosts, PGUSER and the like."),
  PGHOSTADDR: refused("Write the addresses into --hosts or PGHOST."),
  // A replica is never used, whatever is asked for.
  PGTARGETSESSIONATTRS: refused("pg-mig works on primaries only.", /^(?:any|primary)$/),
  PGLOADBALANCEHOSTS: refused("Each node of the list is used.", /^disable$/),
  PGREQUIREAUTH: refused("Let pg_hba.conf of the servers say how to log in."),
  PGREQUIREPEER: refused("Connect over TLS with PGSSLMODE=verify-full to know the server."),
  PGCHANNELBINDING: refused(
    "PGSSLMODE=verify-full is what keeps others from answering for the server.",
    /^(?:disable|prefer)$/,
  ),
  PGGSSENCMODE: refused("Encrypt with PGSSLMODE.", /^(?:disable|prefer)$/),
  PGREQUIRESSL: { ...refused("Write PGSSLMODE=require.", /^[^1]/), overruledBy: "PGSSLMODE" },
  PGSSLNEGOTIATION: refused("TLS is negotiated in PostgreSQL's own way.", /^postgres$/),
  // Node.js asks for TLS 1.2 at least by itself.
  PGSSLMINPROTOCOLVERSION: refused(
    "Set ssl_min_protocol_version on the servers.",
    /^TLSv1(?:\.[12])?$/i,
  ),
  PGSSLMAXPROTOCOLVERSION: refused("Set ssl_max_protocol_version on the servers.", /^TLSv1\.3$/i),
  PGSSLCRL: refused("Revoked certificates cannot be told apart."),
  PGSSLCRLDIR: refused("Revoked certificates cannot be told apart."),
  PGSSLCERTMODE: refused("Give a client certificate with PGSSLCERT, or none.", /^allow$/),
  PGSSLSNI: refused("The name of the host is always sent.", /^1$/),
  PGCLIENTENCODING: refused("Files and connections are in UTF-8.", /^(?:utf[-_ ]?8|unicode)$/i),
  PGMINPROTOCOLVERSION: refused("Version 3.0 of the protocol is spoken.", /^3\.0$/),

  PGMAXPROTOCOLVERSION: harmless("version 3.0 of the protocol is spoken, the lowest that there is"),
  PGAPPNAME: harmless("connections are named after the run"),
  PGSSLCOMPRESSION: harmless("no server has it any more"),
  PGSERVICEFILE: onlyForServices,
  PGSYSCONFDIR: onlyForServices,
  PGLOCALEDIR: harmless("it is for the messages of libpq"),
  PGOAUTHDEBUG: harmless("OAuth is not spoken at all"),
  PGKRBSRVNAME: noKerberos,
  PGGSSLIB: noKerberos,
  PGGSSDELEGATION: noKerberos,
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Refuses variables that libpq would follow and we cannot: who sets them means another server, or a
 * safer connection. Config files may set them, too, since they set what psql sees. Pure.
 *
 * @throws PgMigError `SETTING_UNSUPPORTED`, with a problem for each if they are several
 */
export function refuseUnsupportedVariables(layers: readonly ConfigLayer[], env: Environment): void {
  const problems = Object.entries(libpqVariables).flatMap(([name, variable]) => {
    if (variable.type !== "refused") {
      return [];
    }
    const { unless, overruledBy, instead } = variable;
    const given = findWritten({ variable: name }, { layers, env });
    if (given === undefined || unless?.test(String(given.value))) {
      return [];
    }
    if (overruledBy && findWritten({ variable: overruledBy }, { layers, env })) {
      return [];
    }
    const message = `${capitalized(renderSource(given.source))} is set, and pg-mig cannot do what it says.`;
    return [{ message, hint: `${instead} Unset ${name}.`, name }];
  });
  const [first, ...others] = problems;
  if (first === undefined) {
    return;
  }
  if (others.length === 0) {
    throw new PgMigError(first.message, { code: "SETTING_UNSUPPORTED", hint: first.hint });
  }
  const names = problems.map(({ name }) => name).join(", ");
  throw new PgMigError(`${names} are set, and pg-mig cannot do what they say.`, {
    code: "SETTING_UNSUPPORTED",
    hint: "Unset them: psql would follow them, and connect in another way.",
    problems: problems.map(({ message, hint }) => ({ message, hint })),
  });
}

/** What a connection tells the server when it starts, by the name of the parameter. Pure. */
export function findStartupParameters(
  layers: readonly ConfigLayer[],
  env: Environment,
): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, variable] of Object.entries(libpqVariables)) {
    if (variable.type !== "startup") {
      continue;
    }
    const given = findWritten({ variable: name }, { layers, env });
    // libpq's word for what the server says anyway.
    if (given === undefined || /^default$/i.test(String(given.value))) {
      continue;
    }
    parameters[variable.parameter] =
      typeof given.value === "boolean" ? String(given.value) : text.read(given);
  }
  return parameters;
}

function capitalized(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
