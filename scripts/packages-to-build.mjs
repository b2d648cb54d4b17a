/**
 * The packages, by name or folder, that tests with these arguments of Vitest need; none stands for
 * all of them, as do arguments that could choose tests in any package. Pure.
 */
export function packagesToBuild(vitestArgs) {
  const projects = [];
  const folders = [];
  for (let index = 0; index < vitestArgs.length; index++) {
    const [name, value] = vitestArgs[index].split(/=(.*)/s);
    if (name === "--project") {
      projects.push(value ?? vitestArgs[++index] ?? "");
    } else if (name === "-t" || name === "--testNamePattern") {
      index += value === undefined ? 1 : 0;
    } else if (!name.startsWith("-")) {
      folders.push(/^((?:packages|apps)\/[^/*]+)\//.exec(name)?.[1]);
    }
  }
  const chosen = projects.length > 0 ? projects : folders.map((folder) => folder && `./${folder}`);
  return chosen.every((name) => name && /^[@\w./-]+$/.test(name)) ? [...new Set(chosen)] : [];
}
