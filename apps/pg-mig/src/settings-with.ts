import type { Settings } from "@pg-mig/config";

/** Settings with some of them changed. A spread would lose those that may hold passwords: they are not enumerable. */
export function settingsWith(settings: Settings, changes: Partial<Settings>): Settings {
  return Object.assign(Object.create(null, Object.getOwnPropertyDescriptors(settings)), changes);
}
