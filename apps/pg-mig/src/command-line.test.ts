import { optionName, settingDefinitions } from "@pg-mig/config";
import { isPgMigError, type PgMigError } from "@pg-mig/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CommandLine } from "./command-definition.js";
import { parseCommandLine } from "./command-line.js";
import { commands } from "./command-table.js";

async function parse(...args: string[]) {
  let printed = "";
  const writeOut = (text: string) => {
    printed += text;
  };
  const line = await parseCommandLine(args, {
    version: "1.2.3",
    columns: 80,
    writeOut,
    env: {},
    cwd: () => "/",
  });
  return { line, printed };
}

async function parsed(...args: string[]): Promise<CommandLine> {
  const { line } = await parse(...args);
  if (line === "answered") {
    throw new Error("It was answered.");
  }
  return line;
}

async function refusal(...args: string[]): Promise<Pick<PgMigError, "code" | "message" | "hint">> {
  try {
    await parse(...args);
  } catch (error) {
    if (isPgMigError(error)) {
      return error;
    }
    throw error;
  }
  throw new Error("It was not refused.");
}

describe("a command", () => {
  it.each(commands.map(({ name }) => name))("%s has its own help, in three ways", async (name) => {
    const own = await parse(name, "--help");
    expect(own.line).toBe("answered");
    expect(own.printed).toMatch(new RegExp(`^Usage: pg-mig ${name}\\b`));
    expect(await parse(name, "-h")).toEqual(own);
    expect(await parse("help", name)).toEqual(own);
    for (const line of own.printed.split("\n")) {
      expect(line.length, line).toBeLessThanOrEqual(80);
    }
  });

  it("is apply if none is given", async () => {
    expect((await parsed()).command.name).toBe("apply");
    expect((await parsed("--force")).flags).toEqual({ force: true });
  });

  it.each([
    [["--undo=1.a.sh"], ["undo", "1.a.sh"]],
    [["--make=a@sh"], ["make", "a@sh"]],
    [["--chain="], ["chain"]],
    [["--list"], ["list"]],
    [["--list=digest"], ["digest"]],
    [["--dry"], ["apply", "--dry"]],
    [
      ["--dry=sql", "--undo", "1.a.sh"],
      ["undo", "--dry=sql", "1.a.sh"],
    ],
  ])("means the same as the option of 2.x: %s", async (old, today) => {
    const { command, input, flags } = await parsed(...old);
    const now = await parsed(...today);
    expect(command.name).toBe(now.command.name);
    expect(input.arguments).toEqual(now.input.arguments);
    expect(input.options.dry).toBe(now.input.options.dry);
    expect(flags).toEqual(now.flags);
  });

  it("takes settings before and after its name; lists are put together", async () => {
    const { flags, input } = await parsed(
      "--hosts=a",
      "--migdir=m",
      "status",
      "--hosts=b",
      "--check",
      "--json",
    );
    expect(flags).toMatchObject({ hosts: ["a", "b"], migdir: "m", json: true });
    expect(input.options).toEqual({ check: true });
  });

  it.each([["--no-shell", "apply"], ["apply", "--no-shell"], ["--no-shell"]])(
    "keeps an option that turns something off: %s %s",
    async (...args) => {
      expect((await parsed(...args)).flags).toEqual({ shell: false });
    },
  );

  it("refuses every setting that has no effect on it, before its name and after it", async () => {
    for (const { name, settings } of commands) {
      for (const [setting, definition] of settingDefinitions) {
        const option = optionName(definition);
        if (option === undefined || settings.includes(setting)) {
          continue;
        }
        const typed = definition.option === option ? option : `${option}=7`;
        const message = `${name} takes no ${option}: it would have no effect.`;
        expect((await refusal(typed, name)).message).toBe(message);
        expect((await refusal(name, typed)).message).toBe(message);
      }
    }
  });
});

describe("help", () => {
  it.each([["--help"], ["-h"], ["help"]])("is printed by %s", async (word) => {
    const { line, printed } = await parse(word);
    expect(line).toBe("answered");
    for (const { name } of commands) {
      expect(printed).toMatch(new RegExp(`^ {2}${name}\\b`, "m"));
    }
    for (const text of printed.split("\n")) {
      expect(text.length, text).toBeLessThanOrEqual(80);
    }
  });

  it("says what an error code means, and where more is written", async () => {
    const { line, printed } = await parse("help", "TIMELINE_VIOLATION");
    expect(line).toBe("answered");
    expect(printed).toMatch(/^TIMELINE_VIOLATION\n\nA shard has other versions/);
    for (const text of printed.split("\n").slice(0, -2)) {
      expect(text.length, text).toBeLessThanOrEqual(80);
    }
    expect(printed).toContain("\nState: Nothing was changed.\nWhat to do: Rebase");
    expect(printed).toMatch(/\/error-codes\.md#timeline_violation\n$/);
    expect((await refusal("help", "TIMELINE_VIOLATON")).hint).toBe(
      "Did you mean TIMELINE_VIOLATION?",
    );
  });

  it.each([["--version"], ["-V"]])("%s prints the version", async (word) => {
    expect(await parse(word)).toEqual({ line: "answered", printed: "1.2.3\n" });
  });
});

describe("what is mistyped", () => {
  it.each([
    [["aply"], "apply"],
    [["stauts"], "status"],
    [["help", "drfit"], "drift"],
    [["--migdri=mig"], "--migdir"],
    [["--host", "a"], "--hosts"],
    [["--qiet"], "--quiet"],
    [["--udno=1.a.sh"], "--undo"],
    [["plan", "--sqll"], "--sql"],
    [["status", "--chek"], "--check"],
    [["drift", "--agianst=majority"], "--against"],
    [["--list=digset"], "digest"],
    [["--dry=slq"], "sql"],
  ])("%s is answered with what was meant: %s", async (args, meant) => {
    expect(await refusal(...args)).toMatchObject({
      code: "COMMAND_LINE_INVALID",
      hint: `Did you mean ${meant}?`,
    });
  });

  it.each([
    [["zzzzzz"], 'There is no command "zzzzzz".'],
    [["--zzzzzz"], "There is no option --zzzzzz."],
    [["-5"], "There is no option -5."],
    [["-.5"], "There is no option -.."],
    [["--hosts"], "--hosts needs a value."],
    [["--json=7"], "--json takes no value."],
    [["status", "--dry"], "status takes no --dry: it would have no effect."],
    [["help", "--json"], "help takes no --json: it would have no effect."],
    [["completion", "bash", "--json"], "completion takes no --json: it would have no effect."],
    [["status", "--sql"], "status takes no --sql: it would have no effect."],
    [["chain", "more"], /^There are too many arguments for chain;/],
    [["--plan=a.plan"], "--plan needs a command before it: apply."],
    [["--out=a.plan", "--dry"], "--out needs a command before it: plan."],
    [["status", "--list"], "These actions exclude each other: status, --list."],
    [["--undo=a", "--make=b@c"], "These actions exclude each other: --undo, --make."],
    [["--quiet", "--verbose"], "--verbose and --quiet exclude each other."],
    [["--dry", "--report=a.json"], "A dry run writes no report: --report would have no effect."],
    [["undo", "1.a.sh", "--dry=sql", "--report=a.json"], "A dry run writes no report:"],
    [["plan", "--report=a.json"], "plan writes no report: --report would have no effect."],
    [["status", "--report=a.json", "--only=region=failed"], "status writes no report:"],
    [["status", "--createdb"], "status takes no --createdb: it would have no effect."],
    [["undo", "1.a.sh", "--createdb"], "undo takes no --createdb: it would have no effect."],
    [["pause", "--migdir=mig"], "pause takes no --migdir: it would have no effect."],
    [["rehearse", "--on=shard=a", "--scratch=embedded"], "rehearse --on takes no --scratch:"],
    [["rehearse", "--statement-timeout=1s"], "rehearse without --on takes no --statement-timeout:"],
    [["rehearse", "--all", "--only=region=eu"], "rehearse --all takes no --only:"],
    [["--hosts=a", "rehearse", "--all"], "rehearse --all takes no --hosts:"],
    [["drift", "--scratch=embedded"], "drift without --against=files takes no --scratch:"],
    [["drift", "--no-shell"], "drift without --against=files takes no --no-shell:"],
    [["plan", "--json", "--verbose"], "--verbose and --json exclude each other."],
  ])("%s is refused with a sentence and what to do", async (args, says) => {
    const { message, hint } = await refusal(...args);
    expect(message).toMatch(says);
    expect(hint).toMatch(/^\S.*\.$/);
  });

  it.each([
    ["rehearse", "--on=shard=a", "--scratch=", "--statement-timeout=1s"],
    ["rehearse", "--on=", "--scratch=embedded"],
    ["drift", "--against=files", "--scratch=embedded"],
    ["--undo=1.a.sh", "--createdb"],
  ])("%s is taken", async (...args) => {
    await expect(parsed(...args)).resolves.toBeDefined();
  });

  it.each([
    ["plan", "--only=failed"],
    ["--dry", "--only=region=eu,failed"],
    ["status", "--only=region=eu", "--only=failed"],
  ])("%s %s takes the report that it reads", async (...args) => {
    const { flags } = await parsed(...args, "--report=a.json");
    expect(flags.report).toEqual(["a.json"]);
  });

  it.each([
    ["apply", "--plan=", "--report="],
    ["undo", "--run="],
    ["undo", "1.a.sh", "--dry", "--report", ""],
    ["plan", "--out=", "--report=", "--report="],
    ["--dry", "--report="],
    ["--hosts=a", "--discovery="],
    ["--discovery=", "status", "--hosts=a"],
  ])("counts an empty value as not given: %s %s %s", async (...args) => {
    const { input, flags } = await parsed(...args);
    expect({ ...input.options, dry: undefined }).toEqual({});
    expect(flags).toEqual(args.includes("--hosts=a") ? { hosts: ["a"] } : {});
  });

  it("takes an empty password", async () => {
    expect((await parsed("--pass=")).flags).toEqual({ pass: "" });
  });

  it("never shows what may be a secret", async () => {
    const secret = "s3cret";
    const tail = fc.string({ maxLength: 8 }).map((text) => `${text}${secret}`);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("--passs=", "-p", "password=", "status", "chain"),
        tail,
        async (head, rest) => {
          const args =
            head === "status" || head === "chain" ? [head, `x${rest}`] : [`${head}${rest}`];
          const { message, hint } = await refusal(...args);
          expect(`${message} ${hint}`).not.toContain(secret);
        },
      ),
    );
  });
});
