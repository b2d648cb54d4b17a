import type { Fault } from "../fault.js";
import type { Scene, ScenePlace } from "../scene.js";

/** One of the nodes cannot be used from the beginning: nothing may be changed on any of them. */
function unusableNode(
  name: string,
  row: number,
  damage: (place: ScenePlace) => Promise<string> | string,
): Fault {
  return {
    name,
    row,
    async inject(scene, random) {
      const { place, others } = scene.drawPlace(random);
      const hosts = [await damage(place), ...others.map(({ proxy }) => proxy.url)];
      const ended = await scene.run({ hosts });
      await scene.repair();
      return {
        outcome: "struck",
        runs: [ended],
        problems: [
          ...(ended.status === 1 ? [] : [`the run ended with status ${ended.status}`]),
          ...(await whatWasChanged(scene)),
        ],
      };
    },
  };
}

async function whatWasChanged(scene: Scene): Promise<string[]> {
  const nodes = await scene.observe();
  return nodes.flatMap(({ label, digestStamp, shards }) =>
    digestStamp !== "" || shards.some(({ ledgerStamp }) => ledgerStamp !== undefined)
      ? [`${label} was changed, although a node could not be used`]
      : [],
  );
}

const withChange = (url: string, change: (changed: URL) => void): string => {
  const changed = new URL(url);
  change(changed);
  return changed.href;
};

export const unreachableNodeFaults: readonly Fault[] = [
  unusableNode("wrong-password", 26, ({ proxy }) =>
    withChange(proxy.url, (url) => {
      url.password = "not-the-password";
    }),
  ),
  unusableNode("missing-database", 26, ({ proxy }) =>
    withChange(proxy.url, (url) => {
      url.pathname = "/nowhere";
    }),
  ),
  unusableNode("closed-port", 26, ({ proxy }) =>
    withChange(proxy.url, (url) => {
      url.port = "1";
    }),
  ),
  unusableNode("silent-port", 26, ({ proxy }) => {
    proxy.freeze();
    return proxy.url;
  }),
  unusableNode("resetting-port", 26, ({ proxy }) => {
    proxy.isolate();
    return proxy.url;
  }),
  {
    name: "node-under-two-names",
    row: 18,
    async inject(scene) {
      const [place] = scene.places;
      const hosts = [...scene.places.map(({ proxy }) => proxy.url), place.database.url];
      const ended = await scene.run({ hosts });
      const problems = ended.status === 0 ? [] : [`status ${ended.status}: ${ended.stderr}`];
      return { outcome: "struck", runs: [ended], problems, alsoWrote: "another-writer" };
    },
  },
];
