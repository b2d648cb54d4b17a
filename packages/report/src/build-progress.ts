/** How far the build of an index is. */
export interface BuildProgress {
  /** In the server's own words, such as `building index: scanning table`. */
  readonly phase: string;
  /** How much of the phase is done, if the server counts it. */
  readonly count?: {
    readonly done: number;
    readonly total: number;
    readonly unit: "lockers" | "blocks" | "tuples";
  };
}
