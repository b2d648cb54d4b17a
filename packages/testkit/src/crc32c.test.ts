import { expect, it } from "vitest";
import { crc32c } from "./crc32c.js";

it("gives the check value of RFC 3720's checksum", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array())).toBe(0);
});
