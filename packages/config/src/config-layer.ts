/** A config file that was found and evaluated. */
export interface ConfigLayer {
  readonly path: string;
  readonly config: Readonly<Record<string, unknown>>;
}
