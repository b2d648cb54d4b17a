import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/** The client's side of SCRAM-SHA-256 (RFC 5802 and 7677) without channel binding. */
export class Scram {
  readonly #password: string;
  readonly #first = `n=,r=${randomBytes(18).toString("base64")}`;
  #serverSignature = "";

  constructor(password: string) {
    this.#password = password;
  }

  /** The message that begins. */
  first(): string {
    return `n,,${this.#first}`;
  }

  /** The proof that answers the server's first message. */
  final(serverFirst: string): string {
    const { r: nonce = "", s: salt = "", i: iterations = "" } = attributes(serverFirst);
    const withoutProof = `c=biws,r=${nonce}`;
    const salted = pbkdf2Sync(
      this.#password,
      Buffer.from(salt, "base64"),
      Number(iterations),
      32,
      "sha256",
    );
    const signed = `${this.#first},${serverFirst},${withoutProof}`;
    const clientKey = hmac(salted, "Client Key");
    const clientSignature = hmac(createHash("sha256").update(clientKey).digest(), signed);
    const proof = clientKey.map((byte, i) => byte ^ (clientSignature[i] ?? 0));
    this.#serverSignature = hmac(hmac(salted, "Server Key"), signed).toString("base64");
    return `${withoutProof},p=${Buffer.from(proof).toString("base64")}`;
  }

  /** Whether the server's last message shows that it knows the password, too. */
  isProven(serverFinal: string): boolean {
    return attributes(serverFinal).v === this.#serverSignature;
  }
}

function attributes(message: string): Record<string, string> {
  return Object.fromEntries(message.split(",").map((part) => [part[0], part.slice(2)]));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
