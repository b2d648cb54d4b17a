/** Thrown when an act of the demo did not go as it should have. */
export class ExpectationError extends Error {
  override readonly name = "ExpectationError";
}

/** Ends the demo, unless what it has found is what the story says. */
export function expectEqual(what: string, found: unknown, expected: unknown): void {
  const [foundText, expectedText] = [found, expected].map((value) => JSON.stringify(value));
  if (foundText === expectedText) {
    return;
  }
  throw new ExpectationError(`Expected ${what} to be ${expectedText}, but found ${foundText}.`);
}
