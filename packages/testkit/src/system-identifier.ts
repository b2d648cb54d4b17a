import { randomBytes } from "node:crypto";
import { open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32c } from "./crc32c.js";

/** In the header of a log segment's first page (XLogLongPageHeaderData). */
const segment = { flagsAt: 2, longHeader: 0x0002, identifierAt: 24 } as const;

/**
 * Gives a copied data directory of a stopped server a system identifier of its own, as if initdb
 * had made it: two nodes shall not pass for one. The identifier is the first thing in the control
 * file, whose checksum follows the last field, and stands at the head of each log segment.
 */
export async function giveSystemIdentifier(dataDirectory: string): Promise<void> {
  const identifier = randomBytes(8);
  const controlPath = join(dataDirectory, "global", "pg_control");
  await writeFile(controlPath, withIdentifier(await readFile(controlPath), identifier));
  const log = join(dataDirectory, "pg_wal");
  const entries = await readdir(log, { withFileTypes: true });
  for (const { name } of entries.filter((entry) => entry.isFile())) {
    const file = await open(join(log, name), "r+");
    try {
      const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
      const isUsed = (buffer.readUInt16LE(segment.flagsAt) & segment.longHeader) !== 0;
      if (isUsed) {
        await file.write(identifier, 0, 8, segment.identifierAt);
      }
    } finally {
      await file.close();
    }
  }
}

/** The checksum's place differs from version to version: it is where it fits. */
function withIdentifier(control: Buffer, identifier: Buffer): Buffer {
  for (let at = 8; at <= 508; at += 4) {
    if (control.readUInt32LE(at) !== crc32c(control.subarray(0, at))) {
      continue;
    }
    const changed = Buffer.concat([identifier, control.subarray(8)]);
    changed.writeUInt32LE(crc32c(changed.subarray(0, at)), at);
    return changed;
  }
  throw new Error("The control file that initdb has made has no checksum.");
}
