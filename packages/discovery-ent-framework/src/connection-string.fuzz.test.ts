import { brokenText, fuzz, withCode } from "@pg-mig/fuzz";
import { it } from "vitest";
import { specOfUrl } from "./connection-string.js";

it("takes or refuses every connection string", () => {
  const urls = [
    "postgres://ann:s%40cret@db1:5432/app?sslmode=no-verify",
    "postgresql://[::1]/my%20app",
    "postgres:///app?host=/run/postgresql",
  ];
  fuzz(
    "connection strings",
    brokenText(urls, ["%", "@", "://", "?host=", "&"]),
    withCode("DISCOVERY_FAILED", specOfUrl),
  );
});
