/** `2026-01-12T10:20:30Z` as `2026-01-12 10:20`. */
export function minute(iso: string): string {
  return iso.slice(0, 16).replace("T", " ");
}
