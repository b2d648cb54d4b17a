import type { SessionNode } from "@pg-mig/sessions";

/** The chains of a run, as a {@link ChainThrottle} holds them. */
export interface HeldChains {
  /** The nodes that chains are on, each once. */
  readonly nodes: readonly SessionNode[];
  /** Starts no version on a node any more, or goes on there; what runs is not touched. */
  hold(node: SessionNode, held: boolean): void;
  /** What is left on a node: chains that do not run at the moment, chains that all run, or nothing. */
  leftOn(node: SessionNode): "waiting" | "running" | "nothing";
}

/** Holds the chains of single nodes for a while. */
export interface ChainThrottle {
  /** Called before the first version starts; gives what is called when all chains have ended. */
  begin(chains: HeldChains): () => void;
}
