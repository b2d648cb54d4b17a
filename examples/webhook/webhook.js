import { countOf, formatDuration, groupFailures, listAddresses, listShards } from "@pg-mig/report";

const signs = {
  done: ":white_check_mark:",
  failed: ":x:",
  interrupted: ":octagonal_sign:",
  paused: ":pause_button:",
};

/**
 * Posts the end of a run to a webhook that takes Slack's JSON. A run in which there was nothing to do is not told.
 * `url` is a secret: it never is in an error.
 *
 * @param {{ url: string, fetch?: typeof globalThis.fetch }} options
 * @returns {import("@pg-mig/report").RunObserver}
 */
export function webhook({ url, fetch = globalThis.fetch }) {
  return {
    name: "webhook",
    async onEvent(event) {
      if (event.type !== "run:done" || event.report.outcome === "nothing-to-do") {
        return;
      }
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(message(event.report)),
        signal: AbortSignal.timeout(4000),
      }).catch(() => undefined);
      if (!response?.ok) {
        throw new Error(
          `The webhook ${response === undefined ? "does not answer" : `answered ${response.status}`}.`,
        );
      }
    },
  };
}

/** @param {import("@pg-mig/report").Report} report */
function message(report) {
  const { action, outcome, planned, done, failed, durationMs, addresses } = report;
  const verb = action === "apply" ? "applied" : "undone";
  const failures = groupFailures(failed).map(
    ({ version, error, shards }) => `*${version}* on ${listShards(shards)}: ${error.message}`,
  );
  return {
    text: [
      `${signs[outcome]} ${outcome}: ${done} of ${countOf(planned, "step")} ${verb} in ${formatDuration(durationMs)}`,
      listAddresses(addresses),
      ...failures.slice(0, 5),
      ...(failures.length > 5 ? [`… and ${failures.length - 5} more reasons`] : []),
    ]
      .map(plain)
      .join("\n"),
  };
}

/** Slack reads these three, as in `<!channel>`; a message of a server must not call everybody. */
function plain(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
