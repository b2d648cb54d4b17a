import { createHash } from "node:crypto";

const byteOrderMark = [0xef, 0xbb, 0xbf];
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Gives the checksum of a file: SHA-256, in hex, of its bytes without what editors and Git change
 * and nobody edits: a byte order mark, the carriage return of CRLF, and how many line feeds there are
 * at the end. A file with LF alone and one line feed at its end is taken as it is.
 */
export function checksumOf(bytes: Uint8Array): string {
  return sha256(normalForm(bytes));
}

/** Gives the SHA-256, in hex, of bytes as they are. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function normalForm(bytes: Uint8Array): Uint8Array {
  const start = byteOrderMark.every((byte, index) => bytes[index] === byte) ? 3 : 0;
  const normal = new Uint8Array(bytes.length - start + 1);
  let end = 0;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === carriageReturn && bytes[at + 1] === lineFeed) {
      continue;
    }
    normal[end++] = byte;
  }
  while (normal[end - 1] === lineFeed) {
    end--;
  }
  normal[end] = lineFeed;
  return normal.subarray(0, end + 1);
}
