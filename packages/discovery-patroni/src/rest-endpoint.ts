/** A REST endpoint of Patroni. */
export interface Endpoint {
  /** Without user and password. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Takes user and password out of a URL. */
export function endpointOf(text: string): Endpoint {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // Not quoted: there may be a password in it.
    throw new TypeError("An endpoint of Patroni is no URL; write http://host:8008.");
  }
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = "";
  url.password = "";
  return {
    url: url.href.replace(/\/$/, ""),
    headers:
      login === ":" ? {} : { authorization: `Basic ${Buffer.from(login).toString("base64")}` },
  };
}

/** Asks an endpoint for the members of its cluster; gives the JSON that it answers. */
export async function getCluster(
  { url, headers }: Endpoint,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<unknown> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(`${url}/cluster`, {
      headers,
      signal: AbortSignal.any([signal, timeout]),
    });
    if (!response.ok) {
      throw new Error(`it answered with status ${response.status}`);
    }
    return await response.json();
  } catch (error) {
    if (timeout.aborted) {
      throw new Error(`it did not answer within ${timeoutMs / 1000} s`);
    }
    // fetch says "fetch failed" and why in the cause.
    throw error instanceof Error && error.cause instanceof Error ? error.cause : error;
  }
}
