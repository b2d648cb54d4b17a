import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

const hooks = ["preinstall", "install", "postinstall"];

/**
 * The packages below a folder's package, as installed, that would run code when a user installs it:
 * npm runs these scripts unasked, and builds whatever has a binding.gyp. Names, sorted.
 */
export function installScripts(folder) {
  const found = new Set();
  const seen = new Set();
  const visit = (place) => {
    if (seen.has(place)) {
      return;
    }
    seen.add(place);
    const manifest = JSON.parse(readFileSync(join(place, "package.json"), "utf8"));
    const { name, scripts = {}, dependencies = {}, optionalDependencies = {} } = manifest;
    if (hooks.some((hook) => scripts[hook]) || existsSync(join(place, "binding.gyp"))) {
      found.add(name);
    }
    for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const next = installed(place, dependency);
      if (next !== undefined) {
        visit(next);
      } else if (!(dependency in optionalDependencies)) {
        throw new Error(`${name} needs ${dependency}, which is not installed.`);
      }
    }
  };
  visit(realpathSync(folder));
  return [...found].sort();
}

/** As Node looks for it: in node_modules of the folder, then of each folder above. */
function installed(place, dependency) {
  const candidate = join(place, "node_modules", dependency);
  if (existsSync(join(candidate, "package.json"))) {
    return realpathSync(candidate);
  }
  return dirname(place) === place ? undefined : installed(dirname(place), dependency);
}
