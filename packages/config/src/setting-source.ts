/** Where the value of a setting comes from. */
export type SettingSource =
  | { readonly kind: "flag"; readonly name: string }
  | { readonly kind: "file"; readonly path: string; readonly name: string }
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "default" };

/** Names a source for a message: `--port`, `PGPORT in /app/pg-mig.config.ts`, `PGPORT`. */
export function renderSource(source: SettingSource): string {
  switch (source.kind) {
    case "flag":
      return source.name;
    case "file":
      return `${source.name} in ${source.path}`;
    case "env":
      return `the environment variable ${source.name}`;
    case "default":
      return "the default";
  }
}
