/**
 * The nodes that our inventory knows.
 *
 * @param {{ url: string, token?: string }} options
 * @returns {import("@pg-mig/cluster").DiscoverySource}
 */
export function inventory({ url, token = "" }) {
  return {
    name: `inventory ${url}`,
    async discover({ signal, log }) {
      const response = await fetch(url, { signal, headers: { authorization: `Bearer ${token}` } });
      if (!response.ok) {
        throw new Error(`The inventory answered with status ${response.status}`);
      }
      const servers = await response.json();
      const ready = servers.filter(({ retired }) => !retired);
      if (ready.length < servers.length) {
        log(`${servers.length - ready.length} retired servers are left out.`);
      }
      return ready.map(({ address, port, region }) => ({
        host: address,
        port,
        labels: { region },
      }));
    },
  };
}
