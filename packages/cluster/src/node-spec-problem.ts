import { findLibpqOption, isSslMode, sslModes } from "@pg-mig/model";

const texts = ["database", "user", "password", "island", "hostaddr"];

/**
 * Says what is wrong with a value that should be a `NodeSpec`; `undefined`: nothing. Discovery
 * sources are other people's code, often plain JavaScript. The password is never quoted.
 */
export function nodeSpecProblem(value: unknown): string | undefined {
  if (!isRecord(value)) {
    return `expected an object for each node, got ${describe(value)}`;
  }
  const { host, port, sslMode, labels } = value;
  if (typeof host !== "string") {
    return `expected \`host\` to be a text, got ${describe(host)}`;
  }
  // It may be a whole connection string, which only a list of hosts may hold, as a URL.
  if (!host.startsWith("/") && /[=@]|:\/\//.test(host)) {
    return "expected `host` to be a host name, an IP address or a socket directory, got something that is not shown, since a password may be in it";
  }
  const of = `of "${host}"`;
  if (
    port !== undefined &&
    !(Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65535)
  ) {
    return `expected \`port\` ${of} to be a whole number from 1 to 65535, got ${describe(port)}`;
  }
  for (const key of texts) {
    const text = value[key];
    if (key === "password" && typeof text === "function") {
      continue;
    }
    // An empty name would reach the server as "no name given", which means something else.
    if (text !== undefined && (typeof text !== "string" || (text === "" && key !== "password"))) {
      const got = key === "password" ? "something else" : describe(text);
      return `expected \`${key}\` ${of} to be a text, got ${got}`;
    }
  }
  if (sslMode !== undefined && !(typeof sslMode === "string" && isSslMode(sslMode))) {
    return `expected \`sslMode\` ${of} to be one of ${sslModes.join(", ")}, got ${describe(sslMode)}`;
  }
  const { parameters, alternatives } = value;
  if (parameters !== undefined) {
    if (!isRecord(parameters)) {
      return `expected \`parameters\` ${of} to be an object of texts`;
    }
    for (const [keyword, text] of Object.entries(parameters)) {
      if (typeof text !== "string" || findLibpqOption(keyword)?.keyword !== keyword) {
        return `expected \`parameters\` ${of} to hold keywords of libpq and texts`;
      }
    }
  }
  if (alternatives !== undefined) {
    const problem = Array.isArray(alternatives)
      ? alternatives.map(nodeSpecProblem).find((found) => found !== undefined)
      : "expected an array";
    if (problem !== undefined) {
      return `\`alternatives\` ${of}: ${problem}`;
    }
  }
  if (
    labels !== undefined &&
    !(isRecord(labels) && Object.values(labels).every((label) => typeof label === "string"))
  ) {
    return `expected \`labels\` ${of} to be an object of texts`;
  }
  return undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function describe(value: unknown): string {
  return typeof value === "string" ? `"${value}"` : `${String(value)} (${typeof value})`;
}
