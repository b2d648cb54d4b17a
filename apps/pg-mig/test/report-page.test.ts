import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { renderHtmlReport } from "@pg-mig/report";
import { failureOn, reportOf, serverError } from "@pg-mig/report/testing";
import { describe, expect, it, onTestFinished } from "vitest";

const browser = (process.env.PATH ?? "")
  .split(delimiter)
  .flatMap((folder) => ["chromium", "google-chrome"].map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** The document that a browser makes of a page in a file, after its scripts have run; it reaches no network. */
async function documentOf(page: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pg-mig-page-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "report.html"), page);
  const { stdout } = await promisify(execFile)(
    browser ?? "",
    [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--host-resolver-rules=MAP * ~NOTFOUND",
      `--user-data-dir=${join(folder, "profile")}`,
      "--virtual-time-budget=2000",
      "--dump-dom",
      pathToFileURL(join(folder, "report.html")).href,
    ],
    { maxBuffer: 50_000_000, timeout: 60_000 },
  );
  return stdout;
}

const attack = `<script>document.title = "taken"</script><img src="x" onerror="document.title = 'taken'">`;

describe.skipIf(browser === undefined)(
  "the page of a report, in Chromium (skipped without it)",
  () => {
    it("runs nothing that a server has said", async () => {
      const page = renderHtmlReport(
        reportOf({
          outcome: "failed",
          planned: 1,
          failed: [failureOn("n", attack, { error: serverError(attack, { excerpt: attack }) })],
          warnings: [{ message: attack }],
        }),
      );
      const shown = await documentOf(page);
      expect(shown).toContain("<title>Failed: 0 of 1 step applied, 1 failed – pg-mig</title>");
      expect(shown).toContain("&lt;script&gt;document.title");
      expect(shown).not.toContain("<img");
    });

    it("would run nothing even if a text got out of its place", async () => {
      const page = renderHtmlReport(reportOf({ planned: 1, done: 1 }));
      // Without the policy of the page the attack works: else this would prove nothing.
      const unguarded = page.replace(/<meta http-equiv[^>]*>/, "").replace("</main>", attack);
      expect(await documentOf(unguarded)).toContain("<title>taken</title>");
      expect(await documentOf(page.replace("</main>", attack))).toContain(
        "<title>Done: 1 of 1 step applied – pg-mig</title>",
      );
    });
  },
);
