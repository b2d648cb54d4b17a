/**
 * Decodes UTF-8 strictly; a byte order mark stays in the text. If the bytes are no UTF-8, gives the
 * offset at which the first invalid sequence begins: of a Latin-1 letter, not of what follows it.
 */
export function decodeUtf8(bytes: Uint8Array): { text: string } | { invalidAt: number } {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { invalidAt: firstInvalidByte(bytes) };
  }
}

/** Bisects for the longest beginning that is good as far as it goes. */
function firstInvalidByte(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (canGoOn(bytes.subarray(0, middle))) {
      good = middle;
    } else {
      bad = middle;
    }
  }
  // A sequence that the next byte breaks off has begun before it.
  const complete = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, good), {
    stream: true,
  });
  return new TextEncoder().encode(complete).length;
}

function canGoOn(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
