import { findLibpqOption, isSslMode, libpqValueProblem, sslModes } from "@pg-mig/model";
import type { Parameters } from "./conninfo.js";
import type { AlternativeHost, NodeSpec } from "./node-spec.js";

/** The members of a {@link NodeSpec} that have a keyword of libpq. */
type LibpqSpec = Omit<NodeSpec, "island" | "labels">;

const ownMembers = ["host", "hostaddr", "port", "dbname", "user", "password", "sslmode"];

/**
 * Makes a node of libpq's keywords. `host`, `hostaddr` and `port` may be lists with commas: servers of
 * which one is to be used. An empty value counts as none. Pure.
 *
 * @throws Error that shows no value
 */
export function specFromParameters(given: Parameters): LibpqSpec {
  const named = Object.entries(given);
  const unknown = named.findIndex(([keyword]) => findLibpqOption(keyword)?.keyword !== keyword);
  if (unknown !== -1) {
    throw new Error(`its keyword number ${unknown + 1} is none that libpq knows`);
  }
  const empty = named.find(([keyword, value]) => value === "" && mustNotBeEmpty(keyword));
  if (empty !== undefined) {
    throw new Error(`its ${empty[0]} is empty`);
  }
  const said = Object.fromEntries(named.filter(([, value]) => value !== ""));
  const { dbname, user, password, sslmode } = said;
  const [first = { host: "" }, ...others] = endpointsOf(said);
  const rest = Object.entries(said).filter(([keyword]) => !ownMembers.includes(keyword));
  if (sslmode !== undefined && !isSslMode(sslmode)) {
    throw new Error(`its sslmode is none of ${sslModes.join(", ")}`);
  }
  return {
    host: first.host,
    ...(first.port === undefined ? {} : { port: first.port }),
    ...(first.hostaddr === undefined ? {} : { hostaddr: first.hostaddr }),
    ...(others.length === 0 ? {} : { alternatives: others }),
    ...(dbname === undefined ? {} : { database: dbname }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(sslmode === undefined ? {} : { sslMode: sslmode }),
    ...(rest.length === 0 ? {} : { parameters: Object.fromEntries(rest) }),
  };
}

/** Tells whether libpq refuses an empty value, which for most keywords is as good as none. Pure. */
export function mustNotBeEmpty(keyword: string): boolean {
  const option = findLibpqOption(keyword);
  return option !== undefined && libpqValueProblem(option, "") !== undefined;
}

function endpointsOf({ host, hostaddr, port }: Parameters): AlternativeHost[] {
  const hosts = host?.split(",");
  const addresses = hostaddr?.split(",");
  const ports = port?.split(",").map(readPort) ?? [];
  const count = (addresses ?? hosts ?? [""]).length;
  if (hosts !== undefined && hosts.length !== count) {
    throw new Error("it has not as many values of hostaddr as of host");
  }
  if (ports.length > 1 && ports.length !== count) {
    throw new Error("it has not as many values of port as of host");
  }
  return Array.from({ length: count }, (_, index) => {
    const hostPort = ports.length > 1 ? ports[index] : ports[0];
    return {
      host: hosts?.[index] ?? "",
      ...(hostPort === undefined ? {} : { port: hostPort }),
      ...(addresses?.[index] ? { hostaddr: addresses[index] } : {}),
    };
  });
}

function readPort(text: string): number | undefined {
  if (text === "") {
    return undefined;
  }
  const port = /^\s*\+?\d{1,9}\s*$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) {
    throw new Error("its port is no whole number from 1 to 65535");
  }
  return port;
}
