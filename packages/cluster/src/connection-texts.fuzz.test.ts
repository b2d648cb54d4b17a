import { brokenText, fuzz, withCode } from "@pg-mig/fuzz";
import { it } from "vitest";
import { parseChoice } from "./choice.js";
import { parseConninfo } from "./conninfo.js";
import { parseNodeList } from "./node-list.js";
import { parseHosts } from "./parse-hosts.js";
import { findPassword } from "./pass-file.js";
import { findService } from "./service-file.js";

const urls = [
  "postgres://ann:s%40cret@db1:5432/app?sslmode=require",
  "postgresql://db1,db2:5433/app?target_session_attrs=read-write",
  "postgres://[::1]:5432/app",
  "postgres:///app?host=/run/postgresql",
];
const dsns = [
  "host=db1 port=5432 dbname='my app' password='it\\'s'",
  "hostaddr=10.0.0.1,10.0.0.2 user = ann sslmode=verify-full",
];
const hosts = ["db1", "db1:5432/app,db2", "[::1]:5432", "/run/postgresql:5433/app", "fe80::1%eth0"];
const pieces = ["host=", "://", "@", "?sslmode=", "options=-c%20a=b", "/", "%2F", ","];

it("takes or refuses every list of hosts", () => {
  fuzz("hosts", brokenText(hosts, pieces), parseHosts);
});

it("takes or refuses every URL", () => {
  fuzz("URLs", brokenText(urls, pieces), parseHosts);
});

it("takes or refuses every keyword DSN", () => {
  fuzz("DSNs", brokenText(dsns, pieces), parseHosts);
  fuzz("DSNs, apart", brokenText(dsns, pieces), withCode("HOSTS_INVALID", parseConninfo));
});

it("takes or refuses every list of nodes that a file or a command gives", () => {
  const lists = [
    JSON.stringify([{ host: "db1", port: 5432, labels: { region: "eu" } }, "db2:5433"]),
    '{"host": "db1"}\n# a comment\ndb2\n',
    ...hosts,
  ];
  fuzz(
    "node lists",
    brokenText(lists, [...pieces, '"port":', "null", "[", "{"]),
    withCode("DISCOVERY_FAILED", parseNodeList),
  );
});

it("takes or refuses every choice of shards", () => {
  fuzz("choices", brokenText(["region=eu,shard=sh00*", "failed", "host=db?"]), (text) =>
    parseChoice([text]),
  );
});

it("finds a password in every text, or none", () => {
  const files = ["db1:5432:app:ann:s\\:ecret\n", "*:*:*:*:x\n", "# comment\nlocalhost:5432:a:b:c"];
  const address = { host: "db1", port: 5432, database: "app", user: "ann" };
  fuzz("password files", brokenText(files, ["\\", "\\:", ":", "*"]), (text) =>
    findPassword(text, address),
  );
});

it("takes or refuses every service file", () => {
  const files = ["[app]\nhost=db1\nport=5432\n", "# c\n[other]\nhost=x\n[app]\nuser=ann\n"];
  fuzz(
    "service files",
    brokenText(files, ["[app]", "ldap://", "=", "service=", "\n"]),
    withCode("SERVICE_INVALID", (text: string) => findService(text, "app")),
  );
});
