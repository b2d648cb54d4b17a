import { inject } from "vitest";
import type { Published } from "./published.js";

/** What the packages of this run are, as published; waits until they are packed. */
export async function askPublished(): Promise<Published> {
  const response = await fetch(inject("publishedUrl"));
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`The packages could not be packed: ${text}`);
  }
  return JSON.parse(text);
}
