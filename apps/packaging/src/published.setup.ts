import { once } from "node:events";
import { createServer } from "node:http";
import type { TestProject } from "vitest/node";
import { publish } from "./published.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Says to who asks what is published, when it is. */
    readonly publishedUrl: string;
  }
}

/**
 * Packs the packages once, for the tests of all files. They ask for it by HTTP: no test of any project starts
 * before this returns, and packing takes seconds.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const publishing = publish();
  // Whoever asks is told.
  publishing.catch(() => {});
  const server = createServer(async (_, response) => {
    try {
      const { remove, ...published } = await publishing;
      response.end(JSON.stringify(published));
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("no port");
  }
  project.provide("publishedUrl", `http://127.0.0.1:${address.port}`);
  return async () => {
    server.closeAllConnections();
    server.close();
    await publishing.then(
      ({ remove }) => remove(),
      () => {},
    );
  };
}
