/**
 * One message of PostgreSQL's wire protocol: letter, length, body. The message that opens a connection
 * has no letter.
 */
export function message(letter: string, ...parts: readonly (string | Buffer)[]): Buffer {
  const body = parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part));
  const head = Buffer.alloc(letter.length + 4);
  head.write(letter, "latin1");
  head.writeInt32BE(4 + body.reduce((sum, { length }) => sum + length, 0), letter.length);
  return Buffer.concat([head, ...body]);
}

/** The message of a simple query, which may have several statements. */
export function queryMessage(sql: string): Buffer {
  const size = Buffer.byteLength(sql);
  const bytes = Buffer.allocUnsafe(size + 6);
  bytes[0] = 0x51;
  bytes.writeInt32BE(size + 5, 1);
  bytes.write(sql, 5);
  bytes[size + 5] = 0;
  return bytes;
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
