/** A notice or warning of the server, raised while a script ran. */
export interface ScriptNotice {
  /** Such as `NOTICE` or `WARNING`; in the language of the server. */
  readonly severity: string;
  readonly message: string;
  /** The SQLSTATE. */
  readonly code: string | undefined;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
}

/** Takes from a driver's notice what is of interest; it comes with dozens of fields. */
export function toNotice(message: Partial<ScriptNotice>): ScriptNotice {
  const { severity = "NOTICE", message: text = "", code, detail, hint } = message;
  return { severity, message: text, code, detail, hint };
}
