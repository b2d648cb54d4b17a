import { isSameServer } from "@pg-mig/executor";
import type { OpenNode, SessionNode } from "@pg-mig/sessions";

/** On which servers of each node a run has committed, told apart by when they were started. */
export class CommitServers {
  readonly #byLabel = new Map<string, Set<string | undefined>>();

  /** `startedAt` is what the session says; `undefined`: a pooler hides it. */
  add({ label }: SessionNode, startedAt: string | undefined): void {
    const servers = this.#byLabel.get(label) ?? new Set();
    this.#byLabel.set(label, servers.add(startedAt));
  }

  /**
   * Whether what this run has committed on a node can be gone only since somebody took it away: all of
   * it was committed on the server that was read now.
   */
  mustHaveAll({ node, serverStartedAt }: OpenNode): boolean {
    const servers = [...(this.#byLabel.get(node.label) ?? [])];
    return servers.every((server) => isSameServer(server, serverStartedAt));
  }
}
