/** A config file that was found and evaluated, or a service of libpq. */
export interface ConfigLayer {
  readonly path: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Whether it is a service: by libpq's variables, or its keywords where there is no variable. */
  readonly isService?: true;
}
