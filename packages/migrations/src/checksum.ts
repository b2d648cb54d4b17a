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
  const hash = createHash("sha256");
  const end = endOfText(bytes);
  let from = byteOrderMark.every((byte, index) => bytes[index] === byte) ? byteOrderMark.length : 0;
  // A dump is large: it is not copied.
  for (let at = bytes.indexOf(carriageReturn, from); at >= 0 && at < end; ) {
    if (bytes[at + 1] === lineFeed) {
      hash.update(bytes.subarray(from, at));
      from = at + 1;
    }
    at = bytes.indexOf(carriageReturn, at + 1);
  }
  return hash.update(bytes.subarray(from, end)).update("\n").digest("hex");
}

/** Gives the SHA-256, in hex, of bytes as they are. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Where the text ends, line feeds and the carriage returns before them aside. */
function endOfText(bytes: Uint8Array): number {
  let end = bytes.length;
  while (bytes[end - 1] === lineFeed) {
    end -= bytes[end - 2] === carriageReturn ? 2 : 1;
  }
  return end;
}
