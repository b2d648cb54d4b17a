import {
  connectTimeoutOf,
  longestTimerMs,
  nearestWord,
  type SslMode,
  sslModes,
} from "@pg-mig/model";
import { type GivenValue, invalid } from "./given-value.js";

/** What the value of a setting may be. */
export interface SettingType<Value> {
  /** Checks and reads a value that was given. @throws PgMigError `SETTING_INVALID` */
  read(given: GivenValue): Value;
  /** What may stand in a config file, as a JSON schema. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Whether it may hold a password: then nothing ever prints it. */
  readonly isSecret?: true;
  /** Whether an empty text says something: everywhere else it counts as not given. */
  readonly mayBeEmpty?: true;
  /** All that it may be, if these are a few words. */
  readonly words?: readonly string[];
  /** Which of them its option says if it stands alone. */
  readonly alone?: string;
}

export const text: SettingType<string> = {
  read(given) {
    if (typeof given.value === "string") {
      return given.value;
    }
    // A user or a database may well be all digits, and lose its quotes in a config file.
    if (typeof given.value === "number") {
      return String(given.value);
    }
    throw invalid(given, "a text");
  },
  schema: { type: ["string", "number"] },
};

/** psql takes a connection string for the name of a database, too; it may hold a password. */
const connectionString =
  /^postgres(?:ql)?:\/\/|(?:^|\s)(?:host|hostaddr|port|user|password|dbname|service)\s*=/i;

export const database: SettingType<string> = {
  read(given) {
    const name = text.read(given);
    if (!connectionString.test(name)) {
      return name;
    }
    throw invalid(given, "the name of a database, and no connection string", "secret");
  },
  schema: text.schema,
};

/** What gives a password for each new connection. */
export type PasswordFunction = (place: {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}) => string | Promise<string>;

export const password: SettingType<string | PasswordFunction> = {
  read(given) {
    if (typeof given.value === "string") {
      return given.value;
    }
    if (typeof given.value === "function") {
      return given.value as PasswordFunction;
    }
    throw invalid(given, "a text, or a function that gives one", "secret");
  },
  schema: { type: "string" },
  isSecret: true,
  mayBeEmpty: true,
};

/** A command line for a shell, in which a secret may be. */
export const shellCommand: SettingType<string> = {
  read(given) {
    if (typeof given.value === "string") {
      return given.value;
    }
    throw invalid(given, "a text", "secret");
  },
  schema: { type: "string" },
  isSecret: true,
};

/** One server, not parsed yet; its URL may hold a password. */
export const server: SettingType<string> = { ...shellCommand };

/** Lists of nodes, not parsed yet. URLs in them may hold passwords. */
export const hosts: SettingType<readonly string[]> = {
  read: (given) => readTexts(given, "a list of hosts: a text, or an array of texts", "secret"),
  schema: { type: ["string", "array"], items: { type: "string" }, minItems: 1 },
  isSecret: true,
};

export const texts: SettingType<readonly string[]> = {
  read: (given) => readTexts(given, "a text, or an array of texts", "shown"),
  schema: { type: ["string", "array"], items: { type: "string" }, minItems: 1 },
};

/** What a report can be written as, by the end of its file's name. */
const reportFormats = [".json", ".html", ".md", ".xml"] as const;

/** How a report is written, which the end of its file's name says. */
export type ReportFormat = (typeof reportFormats)[number];

const reportFile = { type: "string", pattern: "\\.(json|html|md|xml)$" };

/** Files of reports; another end of the name is refused. */
export const reportFiles: SettingType<readonly string[]> = {
  read(given) {
    const expected = `files whose names end in ${reportFormats.slice(0, -1).join(", ")} or ${reportFormats.at(-1)}`;
    const paths = readTexts(given, expected, "shown");
    const other = paths.find(
      (path) => !reportFormats.some((end) => path.toLowerCase().endsWith(end)),
    );
    if (other === undefined) {
      return paths;
    }
    throw invalid({ ...given, value: other }, expected);
  },
  schema: { anyOf: [reportFile, { type: "array", items: reportFile, minItems: 1 }] },
};

/** One of several parts: `2/3` is the second of three. */
export const part: SettingType<{ readonly index: number; readonly of: number }> = {
  read(given) {
    const [, index = 0, of = 0] = /^(\d+)\/(\d+)$/.exec(String(given.value))?.map(Number) ?? [];
    if (index < 1 || index > of) {
      throw invalid(given, "K/N, the Kth of N parts, such as 1/3");
    }
    return { index, of };
  },
  schema: { type: "string", pattern: "^[0-9]+/[0-9]+$" },
};

/** Discovery sources, and the names of packages or files that export one. Sources may hold passwords. */
export const sources: SettingType<readonly unknown[]> = {
  read: ({ value }) => [value].flat(),
  schema: {},
  isSecret: true,
};

export const port: SettingType<number> = {
  read: (given) => readWholeNumber(given, "a port, a whole number from 1 to 65535", 65_535),
  schema: { type: ["integer", "string"], minimum: 1, maximum: 65_535, pattern: "^[0-9]+$" },
};

export const count: SettingType<number> = {
  read: (given) => readWholeNumber(given, "a whole number from 1", Number.MAX_SAFE_INTEGER),
  schema: { type: ["integer", "string"], minimum: 1, pattern: "^[0-9]+$" },
};

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

const durationSchema = {
  anyOf: [{ type: "string", pattern: "^([0-9]+(\\.[0-9]+)?(ms|s|m|h)|0)$" }, { const: 0 }],
};

/** A time in milliseconds, written with its unit: `500ms`, `1.5s`, `10m`, `1h`; only 0 needs none. */
export function duration({ leastMs = 0 } = {}): SettingType<number> {
  return { read: (given) => readDuration(given, leastMs), schema: durationSchema };
}

const sizeUnits = { kB: 1, MB: 2, GB: 3, TB: 4 } as const;

/** So many bytes, as PostgreSQL writes them: a number, or `64MB`, in units of 1024 each. */
export const size: SettingType<number> = {
  read(given) {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(kB|MB|GB|TB|)$/.exec(String(given.value)) ?? [];
    const power = unit === "" ? 0 : sizeUnits[unit as keyof typeof sizeUnits];
    const bytes = Math.round(Number(amount) * 1024 ** power);
    if (!Number.isSafeInteger(bytes)) {
      throw invalid(given, "a number of bytes, or one with a unit, such as 64MB or 1GB");
    }
    return bytes;
  },
  schema: {
    type: ["integer", "string"],
    minimum: 0,
    pattern: "^[0-9]+([.][0-9]+)?(kB|MB|GB|TB)?$",
  },
};

/** A time of day, local: `06:00`. */
export const timeOfDay: SettingType<string> = {
  read(given) {
    const time = String(given.value);
    if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) {
      throw invalid(given, "a time of day, such as 06:00 or 23:30");
    }
    return time;
  },
  schema: { type: "string", pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$" },
};

/** Seconds, in milliseconds; 0 or less is no limit, and 1 is taken for 2, as in libpq. */
export const connectTimeout: SettingType<number> = {
  read(given) {
    const digits = String(given.value);
    if (!/^\s*[-+]?\d+\s*$/.test(digits)) {
      throw invalid(given, "a whole number of seconds");
    }
    return connectTimeoutOf(Number(digits));
  },
  schema: { type: ["integer", "string"], pattern: "^\\s*[-+]?[0-9]+\\s*$" },
};

/** How long to wait: a time, or yes (without an end) or no. */
export const wait: SettingType<number | "unlimited"> = {
  read(given) {
    if (given.value === true) {
      return "unlimited";
    }
    return given.value === false ? 0 : readDuration(given, 0);
  },
  schema: { anyOf: [durationSchema, { type: "boolean" }] },
};

/** The words that mean no, in any case of letters; every other word means yes. */
const noes = ["", "0", "false", "no", "off", "null", "undefined"];

export const yesNo: SettingType<boolean> = {
  read(given) {
    if (typeof given.value === "object") {
      throw invalid(given, "true, false, or a word for either");
    }
    return !noes.includes(String(given.value).trim().toLowerCase());
  },
  schema: { type: ["boolean", "number", "string"] },
};

/** An option that is given or not. */
export const onOff: SettingType<boolean> = {
  read(given) {
    if (typeof given.value !== "boolean") {
      throw invalid(given, "true or false");
    }
    return given.value;
  },
  schema: { type: "boolean" },
};

/** One of some words. A mistyped one is answered with the nearest. */
function oneOf<Word extends string>(words: readonly Word[]): SettingType<Word> {
  return {
    read(given) {
      const word = words.find((known) => known === given.value);
      if (word !== undefined) {
        return word;
      }
      const near = typeof given.value === "string" ? nearestWord(given.value, words) : undefined;
      const expected = `one of ${words.join(", ")}`;
      throw invalid(given, expected, "shown", near);
    },
    schema: { enum: words },
    words,
  };
}

export const sslMode = oneOf<SslMode>(sslModes);

/** Whether output is coloured; `auto`: on a terminal, unless the environment says otherwise. */
export type ColorSetting = "auto" | "always" | "never";

/** What becomes of shards that are not alike after a run. */
export const verify: SettingType<"off" | "warn" | "fail"> = {
  ...oneOf(["off", "warn", "fail"]),
  alone: "warn",
};

/** What becomes of versions that reach outside of their shards. */
export const containment: SettingType<"off" | "warn"> = {
  ...oneOf(["off", "warn"]),
  alone: "warn",
};

export const color = oneOf<ColorSetting>(["auto", "always", "never"]);

function readTexts(given: GivenValue, expected: string, shown: "shown" | "secret"): string[] {
  const list: unknown[] = [given.value].flat();
  if (list.length > 0 && list.every((one) => typeof one === "string")) {
    return list;
  }
  throw invalid(given, expected, shown);
}

function readWholeNumber(given: GivenValue, expected: string, greatest: number): number {
  const digits = typeof given.value === "number" ? String(given.value) : given.value;
  const number = typeof digits === "string" && /^\d+$/.test(digits) ? Number(digits) : 0;
  if (number < 1 || number > greatest) {
    throw invalid(given, expected);
  }
  return number;
}

function readDuration(given: GivenValue, leastMs: number): number {
  const match = /^(?<amount>\d+(?:\.\d+)?)(?<unit>ms|s|m|h)$|^0$/.exec(String(given.value));
  const { amount = match?.[0], unit = "ms" } = match?.groups ?? {};
  const ms = Math.round(Number(amount) * unitsMs[unit as keyof typeof unitsMs]);
  if (ms >= leastMs && ms <= longestTimerMs) {
    return ms;
  }
  throw invalid(
    given,
    `a time from ${leastMs}ms to 24 days with its unit, such as 500ms, 2s, 10m or 1h`,
  );
}
