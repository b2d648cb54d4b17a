import { type ErrorLocation, isPgMigError } from "@pg-mig/errors";
import { ScriptError } from "@pg-mig/psql-script";
import type { ErrorInfo } from "./run-event.js";

/** Turns what was thrown into plain data for events and reports; `where` adds what is known of the place. */
export function errorInfo(error: unknown, where: ErrorLocation): ErrorInfo {
  const place = { ...where, ...definedOnly(isPgMigError(error) ? (error.where ?? {}) : {}) };
  if (error instanceof ScriptError && error.serverMessage !== undefined) {
    const { code, message, sqlState, serverMessage, detail, serverHint, context, excerpt } = error;
    return {
      code,
      message,
      ...definedOnly({ excerpt }),
      where: place,
      server: {
        message: serverMessage,
        ...definedOnly({ sqlState, detail, hint: serverHint, context }),
      },
    };
  }
  if (isPgMigError(error)) {
    const { code, message, hint } = error;
    return { code, message, ...definedOnly({ hint }), where: place };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "CONNECTION_LOST", message, where: place };
}

function definedOnly<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
