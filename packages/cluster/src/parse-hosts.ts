import { isIPv6 } from "node:net";
import { findLibpqOption, PgMigError, wordsOf } from "@pg-mig/model";
import { isConninfo, type Parameters, parseConninfo } from "./conninfo.js";
import { specFromParameters } from "./libpq-spec.js";
import type { NodeSpec } from "./node-spec.js";

const scheme = /^postgres(?:ql)?:\/\//i;

/**
 * Parses a list of nodes, separated by commas, semicolons or blanks, or one keyword/value connection
 * string of libpq, which is one node. Pure. Each entry of a list is one of
 *
 * - `host`, `host:port`, `host/db`, `host:port/db`; an IPv6 address needs brackets if what comes after
 *   its last colon may be a port;
 * - `/db`: that database on the default host;
 * - `/socket/directory`, `/socket/directory:port/db`: a path with a second slash (so `/tmp/`);
 * - `postgres://user:password@host:port/db?keyword=value`. Each part may be left out. The keywords
 *   are those of libpq. A socket directory is percent-encoded, or given as `?host=/socket/directory`.
 *   With several hosts, separated by commas, it is one node: its servers are tried in turn, as in
 *   `postgres://host1,host2/db`.
 *
 * In every form, `%XX` is a character that would otherwise mean something. Outside of a URL,
 * `=` is one.
 *
 * @returns the entries in their order, without what they leave out; an empty list for a blank one.
 * @throws PgMigError `HOSTS_INVALID`, which names the bad entry without its password, or, if parts of a
 * password may be among the entries, its number alone.
 */
export function parseHosts(list: string): NodeSpec[] {
  if (isConninfo(list)) {
    return [parseConnectionString(list)];
  }
  const entries = list
    .split(/[;\s]+/)
    .flatMap((part) => joinAlternatives(part.split(",").filter((piece) => piece !== "")));
  // Looked for first: a password may have been cut at a separator. Then no entry can be shown.
  const keyword = entries.findIndex((entry) => entry.includes("=") && !scheme.test(entry));
  if (keyword !== -1) {
    throw unshown(
      `Entry ${keyword + 1} of the list of hosts has an "=" and is no URL. It is not shown: it may hold a password.`,
      "A keyword/value connection string is a list of its own.",
    );
  }
  const torn = entries.findIndex((entry) => entry.includes("@") && !entry.includes("://"));
  if (torn !== -1) {
    throw unshown(
      `Entry ${torn + 1} of the list of hosts has an "@" but does not start with "postgres://".`,
    );
  }
  return entries.map(parseEntry);
}

function parseConnectionString(text: string): NodeSpec {
  try {
    return specFromParameters(parseConninfo(text));
  } catch (error) {
    const words = wordsOf(error);
    throw new PgMigError(
      `A keyword/value connection string cannot be used: ${words}. It is not shown: it may hold a password.`,
      {
        code: "HOSTS_INVALID",
        hint: "Write pairs as in host=db1 port=5432 dbname=app. Put a value with blanks in single quotes.",
      },
    );
  }
}

/** Puts together what the commas between the hosts of one URL have parted. */
function joinAlternatives(pieces: readonly string[]): string[] {
  const ends = nextEnds(pieces);
  const entries: string[] = [];
  for (let index = 0; index < pieces.length; index++) {
    const piece = pieces[index] ?? "";
    const isOpen = scheme.test(piece) && !/[/?#]/.test(piece.replace(scheme, ""));
    const end = isOpen ? ends[index + 1] : undefined;
    if (end !== undefined && areHosts(pieces, index + 1, end)) {
      entries.push(pieces.slice(index, end + 1).join(","));
      index = end;
    } else {
      entries.push(piece);
    }
  }
  return entries;
}

/** For each piece, the first one from there on with which a URL's hosts end. */
function nextEnds(pieces: readonly string[]): readonly (number | undefined)[] {
  const ends: (number | undefined)[] = [];
  let end: number | undefined;
  for (let index = pieces.length - 1; index >= 0; index--) {
    end = /[/?#]/.test(pieces[index] ?? "") ? index : end;
    ends[index] = end;
  }
  return ends;
}

/** What has an "@" or an "=" may be the rest of a password. */
function areHosts(pieces: readonly string[], from: number, to: number): boolean {
  for (let index = from; index <= to; index++) {
    if (/:\/\/|[@=]/.test((pieces[index] ?? "").replace(/\?.*$/s, ""))) {
      return false;
    }
  }
  return true;
}

function unshown(message: string, reason?: string): PgMigError {
  const advice =
    'Write "postgres://user:password@host:port/db". In a password, write a comma as %2C, a semicolon as %3B and a blank as %20.';
  return new PgMigError(message, {
    code: "HOSTS_INVALID",
    hint: reason === undefined ? advice : `${reason} ${advice}`,
  });
}

function parseEntry(entry: string): NodeSpec {
  if (scheme.test(entry)) {
    return parseUrl(entry);
  }
  if (entry.includes("://")) {
    throw invalid(entry, 'the URL must start with "postgres://"');
  }
  if (!entry.startsWith("/")) {
    return {
      ...parseEndpoint(entry, entry.split("/", 1)[0] ?? ""),
      ...parseDatabase(entry, entry),
    };
  }
  if (entry.indexOf("/", 1) === -1) {
    if (entry === "/") {
      throw invalid(entry, "the name of the database is missing");
    }
    return { host: "", ...parseDatabase(entry, entry) };
  }
  return parseSocketDirectory(entry);
}

function parseSocketDirectory(entry: string): NodeSpec {
  const [, path = "", port, database] = /^([^:]*)(?::([^/]*)(\/.*)?)?$/s.exec(entry) ?? [];
  if (path === "") {
    throw invalid(entry, "a socket directory is followed by :port/db at most");
  }
  const directory = decode(entry, path);
  return {
    host: directory.length > 1 && directory.endsWith("/") ? directory.slice(0, -1) : directory,
    ...(port === undefined ? {} : { port: parsePort(entry, port) }),
    ...(database === undefined ? {} : parseDatabase(entry, database)),
  };
}

function parseUrl(entry: string): NodeSpec {
  const rest = entry.replace(scheme, "");
  const [, authority = "", path = "", query = ""] =
    /^([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/s.exec(rest) ?? [];
  if (authority === "" && path === "" && query === "" && rest !== "") {
    throw invalid(entry, 'a "#" must be written %23');
  }
  const at = authority.lastIndexOf("@");
  const [user = "", ...afterUser] = at === -1 ? [] : authority.slice(0, at).split(":");
  const password = afterUser.join(":");
  // Then what looks like a path or a parameter may be the rest of a password: none of it is shown.
  if (path.includes("@") || query.includes("@")) {
    throw invalid(entry, 'an "@" after the first "/" or "?" must be written %40', {
      hint: 'In a password, write "/" as %2F, "?" as %3F and "#" as %23.',
    });
  }
  const parameters: Record<string, string> = {};
  const hosts = authority.slice(at + 1);
  if (hosts !== "") {
    const endpoints = hosts.split(",").map((text) => parseEndpoint(entry, text));
    parameters.host = endpoints.map(({ host }) => host).join(",");
    if (endpoints.some(({ port }) => port !== undefined)) {
      parameters.port = endpoints.map(({ port = "" }) => port).join(",");
    }
  }
  const { database = "" } = parseDatabase(entry, path);
  const fromUrl: Parameters = {
    ...parameters,
    dbname: database,
    user: decode(entry, user),
    password: decode(entry, password),
    ...parseQuery(entry, query),
  };
  try {
    return specFromParameters(fromUrl);
  } catch (error) {
    throw invalid(entry, wordsOf(error));
  }
}

function parseQuery(entry: string, query: string): Parameters {
  const parameters: Record<string, string> = {};
  for (const parameter of query.split("&").filter((text) => text !== "")) {
    const [name = "", ...rest] = parameter.split("=");
    const value = decode(entry, rest.join("="));
    // As JDBC has it, and libpq, too.
    if (name === "ssl" && value === "true") {
      parameters.sslmode = "require";
    } else if (findLibpqOption(name)?.keyword === name) {
      parameters[name] = value;
    } else {
      throw invalid(entry, `"${name}" is no parameter of a node's URL`, {
        hint: "Known parameters are the keywords of libpq, such as sslmode, host or connect_timeout.",
      });
    }
  }
  return parameters;
}

function parseEndpoint(entry: string, text: string): Pick<NodeSpec, "host" | "port"> {
  const address = parseBareIpv6(entry, text);
  if (address !== undefined) {
    return address;
  }
  const [, bracketed, plain = "", port] =
    /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(text) ?? [];
  if (bracketed === undefined && plain === "" && text !== "") {
    throw invalid(entry, "it has no host", ipv6Hint);
  }
  const host = decode(entry, bracketed ?? plain);
  if (bracketed !== undefined && !isIPv6(host)) {
    throw invalid(entry, "there is no IPv6 address in the brackets");
  }
  return { host, ...(port === undefined ? {} : { port: parsePort(entry, port) }) };
}

const ipv6Hint = { hint: 'Write an IPv6 address as "[::1]" or "[::1]:5432".' };

/** An IPv6 address without brackets, where it can be read in one way alone. */
function parseBareIpv6(entry: string, text: string): Pick<NodeSpec, "host" | "port"> | undefined {
  // Node 20 takes 4 ms to make the regular expression of an IPv6 address, which is asked for only if need be.
  if (!/:.*:/s.test(text)) {
    return undefined;
  }
  const [, start = "", end = ""] = /^([^[\]]*):(\d{1,5})$/.exec(text) ?? [];
  const whole = isIPv6(text);
  if (whole && isIPv6(start)) {
    throw invalid(entry, "it is an IPv6 address without brackets, or one with a port", ipv6Hint);
  }
  if (whole) {
    return { host: text };
  }
  return isIPv6(start) ? { host: start, port: parsePort(entry, end) } : undefined;
}

function parsePort(entry: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535) {
    throw invalid(entry, "the port must be a whole number from 1 to 65535", {
      hint: 'Write "host:port". In a user or a password, ":", "/", "?" and "#" are written %3A, %2F, %3F and %23.',
    });
  }
  return port;
}

/** Takes the database from what follows the first slash of `text`. */
function parseDatabase(entry: string, text: string): Pick<NodeSpec, "database"> {
  const slash = text.indexOf("/");
  const name = slash === -1 ? "" : text.slice(slash + 1);
  if (name.includes("/")) {
    throw invalid(entry, 'a "/" in the name of a database must be written %2F');
  }
  return name === "" ? {} : { database: decode(entry, name) };
}

function decode(entry: string, text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    if (!decoded.includes("\0")) {
      return decoded;
    }
  } catch {}
  throw invalid(entry, 'a "%" in it is not followed by the code of a character', {
    hint: "Write % itself as %25.",
  });
}

function invalid(entry: string, reason: string, options?: { readonly hint: string }): PgMigError {
  return new PgMigError(
    `The list of hosts has an entry that cannot be read, "${redact(entry)}": ${reason}.`,
    {
      code: "HOSTS_INVALID",
      hint:
        options?.hint ??
        'Write each node as host, host:port, host:port/db, /db or "postgres://user:password@host:port/db".',
    },
  );
}

/** The entry without anything that could be a password, or a part of one. */
function redact(entry: string): string {
  const [, start = "", rest = ""] = /^(.*?:\/\/)?(.*)$/s.exec(entry) ?? [];
  const withoutQuery = rest.replace(/\?.*$/s, "?***");
  const at = rest.lastIndexOf("@");
  if (at !== -1) {
    return `${start}***@${rest.slice(at + 1).replace(/\?.*$/s, "?***")}`;
  }
  // Without an "@", the text after a colon may be a password that held a separator.
  return start === ""
    ? withoutQuery
    : `${start}${withoutQuery.replace(/:(?!\d{1,5}(?:\/|$)).*$/s, ":***")}`;
}
