import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import {
  describeObserver,
  failureOn,
  reportOf,
  serverError,
} from "@pg-mig/report/observer-testing";
import { webhook } from "./webhook.js";

describe("webhook", () => {
  let url = "";
  const posted = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) {
      body += chunk;
    }
    posted.push(JSON.parse(body));
    response.statusCode = request.url === "/broken" ? 500 : 200;
    response.end("ok");
  });
  before(async () => {
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${server.address().port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const done = (more) => ({ type: "run:done", report: reportOf({ outcome: "failed", ...more }) });

  describeObserver(() => webhook({ url }), { describe, it });

  it("posts what failed, without what Slack would obey", async () => {
    posted.length = 0;
    const error = serverError("<!channel> & more");
    await webhook({ url }).onEvent(done({ planned: 2, failed: [failureOn("n", "a", { error })] }));
    assert.equal(posted.length, 1);
    assert.match(posted[0].text, /failed: 0 of 2 steps applied/);
    assert.match(posted[0].text, /on n:a: &lt;!channel&gt; &amp; more/);
  });

  it("posts nothing of a run with nothing to do", async () => {
    posted.length = 0;
    await webhook({ url }).onEvent(done({ outcome: "nothing-to-do" }));
    assert.equal(posted.length, 0);
  });

  it("says what went wrong without the secret URL", async () => {
    await assert.rejects(webhook({ url: `${url}/broken` }).onEvent(done({})), {
      message: "The webhook answered 500.",
    });
    await assert.rejects(webhook({ url: "http://127.0.0.1:1/secret" }).onEvent(done({})), {
      message: "The webhook does not answer.",
    });
  });
});
