import type { NodeSpec } from "@pg-mig/cluster";

/** Takes a connection string of node-postgres apart: `postgres://user:password@host:port/database`. */
export function specOfUrl(connectionString: string): Partial<NodeSpec> {
  let url: URL;
  try {
    url = new URL(connectionString);
  } catch {
    // Not quoted: there is a password in it.
    throw new Error("A connectionString is no URL.");
  }
  const database = decoded(url.pathname.slice(1));
  const host = url.searchParams.get("host") ?? decoded(url.hostname);
  const given = url.searchParams.get("sslmode");
  // node-postgres has a mode of its own. What is no mode is refused by whoever takes the node.
  const sslMode = (given === "no-verify" ? "require" : given) as
    | Required<NodeSpec>["sslMode"]
    | null;
  return {
    ...(host === "" ? {} : { host: host.replace(/^\[(.*)\]$/, "$1") }),
    ...(url.port === "" ? {} : { port: Number(url.port) }),
    ...(url.username === "" ? {} : { user: decoded(url.username) }),
    ...(url.password === "" ? {} : { password: decoded(url.password) }),
    ...(database === "" ? {} : { database }),
    ...(sslMode === null ? {} : { sslMode }),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // Not quoted either.
    throw new Error("A connectionString has a % that two hex digits of UTF-8 do not follow.");
  }
}
