/**
 * The command line as the process list may show it; `undefined` if it holds no password. Node writes
 * a process's title over its arguments. Pure.
 */
export function titleWithoutPasswords(args: readonly string[]): string | undefined {
  const shown = args.map((arg, index) => {
    const isValue = /^--(?:pass|hosts|scratch)$/.test(args[index - 1] ?? "");
    const [, option = "", value = ""] = isValue
      ? [arg, "", arg]
      : (/^(--(?:pass|hosts|scratch)=)(.*)$/s.exec(arg) ?? []);
    const isSecret = option === "--pass=" || args[index - 1] === "--pass" || /[@=]/.test(value);
    return isSecret ? `${option}***` : arg;
  });
  return shown.every((arg, index) => arg === args[index])
    ? undefined
    : ["pg-mig", ...shown].join(" ");
}
