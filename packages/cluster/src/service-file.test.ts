import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findService, readService } from "./service-file.js";

describe("findService", () => {
  it("finds every service among others", () => {
    const value = fc.stringMatching(/^[!-~]([ -~]*[!-~])?$/);
    fc.assert(
      fc.property(value, value, (password, options) => {
        const text = `[a]\nhost=x\n# [b]\n[b]\npassword=${password}\n\n  options=${options}\n[c]\nhost=y\n`;
        expect(findService(text, "b")).toEqual({ password, options });
      }),
    );
    expect(findService("[a]\nhost=x\n", "b")).toBeUndefined();
    expect(findService("[b]", "b")).toEqual({});
  });

  it("ends on every text, with a service or an error that shows nothing of it", () => {
    const pieces = fc.constantFrom(
      "Q",
      "=",
      "[b]",
      "[",
      "]",
      "\n",
      "#",
      " ",
      "host",
      "ldap",
      "service",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        try {
          findService(`[b]\n${parts.join("")}`, "b");
        } catch (error) {
          expect(error instanceof Error && error.message).toMatch(/^line \d+ /);
          expect(error instanceof Error && error.message).not.toContain("Q");
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("readService", () => {
  it("says where it looked", async () => {
    const files = [{ path: "/nowhere/a", isRequired: false }];
    await expect(readService("prod", files)).rejects.toMatchObject({
      code: "SERVICE_INVALID",
      message: 'The service "prod" is not defined.',
      hint: expect.stringContaining("/nowhere/a"),
    });
    await expect(readService("prod", [{ path: "/nowhere/a", isRequired: true }])).rejects.toThrow(
      "/nowhere/a cannot be read",
    );
  });
});
