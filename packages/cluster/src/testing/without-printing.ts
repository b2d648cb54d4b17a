// What a source may not use is replaced here, to see whether it does.
const { console } = globalThis;
const methods = ["debug", "error", "info", "log", "warn"] as const;

/** Runs something while the console prints nothing, and counts what it would have printed. */
export async function withoutPrinting(run: () => Promise<void>): Promise<number> {
  let count = 0;
  const originals = methods.map((method) => [method, console[method]] as const);
  for (const method of methods) {
    console[method] = () => {
      count++;
    };
  }
  try {
    await run();
  } finally {
    for (const [method, original] of originals) {
      console[method] = original;
    }
  }
  return count;
}
