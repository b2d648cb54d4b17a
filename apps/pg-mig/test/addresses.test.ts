import { createServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({
  nodes: 1,
  servers: "own",
  settings: { listen_addresses: "127.0.0.1,::1" },
});

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === "::1"),
);

describe("an address", () => {
  it.skipIf(!hasIpv6)("may be IPv6, with brackets if a port may be meant", async () => {
    const { migrations, pgMig, database, ledger } = await scenario({ shards: ["sh1"] });
    const { port, name, user, password } = database;
    const env = { PGHOST: undefined, PGUSER: user, PGPASSWORD: password };
    const forms = [
      [`--hosts=[::1]:${port}/${name}`],
      ["--hosts=[::1]", `--port=${port}`, `--db=${name}`],
      [`--hosts=postgres://[::1]:${port}/${name}`],
      ["--hosts=::1", `--port=${port}`, `--db=${name}`],
    ];
    for (const [i, args] of forms.entries()) {
      await migrations({ [`${i}.a.sh`]: "SELECT 1;" });
      const { status, stderr } = await pgMig(args, { env });
      expect({ args, status, stderr }).toMatchObject({ args, status: 0 });
      expect(await ledger("sh1")).toHaveLength(i + 1);
    }
    const unclear = await pgMig([`--hosts=2001:db8::1:5432`], { env });
    expect(unclear.status).toBe(1);
    expect(unclear.stderr).toContain('Write an IPv6 address as "[::1]" or "[::1]:5432".');
  });

  it("may be the folder of a Unix socket, as a path or encoded in a URL", async () => {
    const { migrations, pgMig, database, ledger } = await scenario({ shards: ["sh1"] });
    const { port, name, user, password } = database;
    const folder = cluster().node.socketDirectory;
    const env = { PGHOST: undefined, PGUSER: user, PGPASSWORD: password };
    const forms = [
      [`--hosts=${folder}:${port}/${name}`],
      [`--hosts=${folder}`, `--port=${port}`, `--db=${name}`],
      [`--hosts=postgres://${encodeURIComponent(folder)}:${port}/${name}`],
      [`--hosts=postgres:///${name}?host=${folder}`, `--port=${port}`],
    ];
    for (const [i, args] of forms.entries()) {
      await migrations({ [`${i}.a.sh`]: "SELECT 1;" });
      const { status, stderr } = await pgMig(args, { env });
      expect({ args, status, stderr }).toMatchObject({ args, status: 0 });
      expect(await ledger("sh1")).toHaveLength(i + 1);
    }
  });

  it("with a port that cannot be is refused before anything is looked for", async () => {
    const { migrations, pgMig } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    for (const address of ["127.0.0.1:99999", "127.0.0.1:0", "postgres://127.0.0.1:65536/x"]) {
      const { status, stdout, stderr } = await pgMig([`--hosts=${address}`]);
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toMatch(/^error: .*the port must be a whole number from 1 to 65535/);
    }
  });

  it("may be in the list three times, in three forms: the database is migrated once", async () => {
    const { migrations, pgMig, database, column } = await scenario({ shards: ["sh1"] });
    const { port, name, user, password, url } = database;
    await database.query("CREATE TABLE runs(n int)");
    await migrations({ "1.a.sh": "INSERT INTO public.runs VALUES (1);" });
    const list = [
      url,
      url,
      `localhost:${port}/${name}`,
      `${cluster().node.socketDirectory}:${port}/${name}`,
    ];
    const env = { PGHOST: list.join(","), PGUSER: user, PGPASSWORD: password };
    const { status, stdout, stderr } = await pgMig([], { env });
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("1 of 1 step applied"),
    });
    expect(stderr).toContain("is the same database as");
    expect(await column("SELECT n FROM runs")).toEqual([1]);
  });
});

/** Starts something that listens, and answers what comes. */
async function listen(answer: (socket: Socket, data: Buffer) => void): Promise<string> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("data", (data) => answer(socket, data));
  });
  const sockets = new Set<Socket>();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) {
      socket.destroy();
    }
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("The server has no port.");
  }
  return `127.0.0.1:${address.port}`;
}

describe("what listens at an address and is no PostgreSQL server", () => {
  // brianc/node-postgres#2973 (waits for ever), brianc/node-postgres#3399 (ends in the middle)
  it("is told for each node at once, within the time that a login may take", async () => {
    const { migrations, pgMig, database, column } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    const asksForPassword = Buffer.from("R\0\0\0\x08\0\0\0\x03", "latin1");
    const kinds = {
      silent: await listen(() => {}),
      web: await listen((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
      closing: await listen((socket) => socket.destroy()),
      // Offers no TLS, asks for a password, and says no more.
      half: await listen((socket, data) => {
        const asksForTls = data.length === 8;
        const isPassword = data[0] === "p".charCodeAt(0);
        socket.write(asksForTls ? "N" : isPassword ? "" : asksForPassword);
      }),
    };
    const env = { PGCONNECT_TIMEOUT: "2", PGUSER: "ann", PGPASSWORD: "s3cret" };
    const list = [database.url, ...Object.values(kinds)].join(",");
    const { status, stdout, stderr } = await pgMig([`--hosts=${list}`], { env });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("4 of 5 nodes cannot be used");
    expect(stderr).toContain(`No server answered at ${kinds.silent} within 2 s.`);
    expect(stderr).toContain(
      `Something answers at ${kinds.web}, but it is not a PostgreSQL server`,
    );
    expect(stderr).toContain(`${kinds.closing} closed the connection before it was made.`);
    expect(stderr).toContain(`No server answered at ${kinds.half} within 2 s.`);
    expect(stderr).not.toContain("s3cret");
    expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });
});
