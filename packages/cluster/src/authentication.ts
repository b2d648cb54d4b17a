import { PgMigError } from "@pg-mig/model";
import type { Client } from "pg";
import {
  type Authentication,
  type AuthenticationMethod,
  type AuthenticationRules,
  authenticationProblem,
} from "./allowed-authentication.js";
import type { Node } from "./node.js";

export interface WatchAuthenticationOptions {
  readonly isEncrypted: boolean;
  readonly rules: AuthenticationRules;
  readonly node: Node;
}

/** What is known of a login while it goes on. */
export interface WatchedLogin {
  /**
   * Gives the password out to `pg`.
   * @throws PgMigError `LOGIN_NOT_ALLOWED` if the settings forbid the way that the server asks for
   */
  answer(password: string): string;
  passwordAsked(): boolean;
  /** Whether the server has let us in. */
  isAccepted(): boolean;
}

/** The events of pg's connection by which a server asks for a password. */
const requests = {
  authenticationCleartextPassword: "password",
  authenticationMD5Password: "md5",
  authenticationSASL: "scram-sha-256",
} as const satisfies Record<string, AuthenticationMethod>;

/**
 * Watches the login of a client that is not connected yet, and breaks it off before anything is given
 * away if `require_auth` or `channel_binding` forbid it. A server that asks for SCRAM must also prove
 * that it knows the password, before it lets us in.
 */
export function watchAuthentication(
  client: Client,
  { isEncrypted, rules, node }: WatchAuthenticationOptions,
): WatchedLogin {
  const { connection } = client;
  let asked: Authentication | undefined;
  let proven = false;
  let accepted = false;
  const refuse = (problem: string) =>
    new PgMigError(`${node.name} ${problem}.`, {
      code: "LOGIN_NOT_ALLOWED",
      hint: "Correct pg_hba.conf on the server, or the setting.",
      where: { node: node.label },
    });
  for (const [event, method] of Object.entries(requests)) {
    connection.once(event, (message?: { readonly mechanisms?: readonly string[] }) => {
      const offersBinding = message?.mechanisms?.includes("SCRAM-SHA-256-PLUS") === true;
      const isBound = isEncrypted && offersBinding && rules.channelBinding !== "disable";
      asked = { method, isBound };
    });
  }
  connection.once("authenticationSASLFinal", () => {
    proven = true;
  });
  connection.once("authenticationOk", () => {
    const problem =
      asked === undefined
        ? authenticationProblem({ method: "none", isBound: false }, rules)
        : undefined;
    const isUnproven = asked?.method === "scram-sha-256" && !proven;
    if (problem === undefined && !isUnproven) {
      accepted = true;
      return;
    }
    const words = problem ?? "lets us in without proving that it knows the password";
    connection.emit("error", refuse(words));
    connection.stream.destroy();
  });
  return {
    answer(password) {
      const problem = asked === undefined ? undefined : authenticationProblem(asked, rules);
      if (problem !== undefined) {
        throw refuse(problem);
      }
      return password;
    },
    passwordAsked: () => asked !== undefined,
    isAccepted: () => accepted,
  };
}
