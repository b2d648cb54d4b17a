import { once } from "node:events";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { PassThrough } from "node:stream";
import type { FlushOptions } from "../run/outbox.js";
import { startShell } from "../run/shell.js";
import type { CommandCall } from "./command-call.js";
import { type CopyCommand, parseCopyCommand } from "./copy-command.js";
import { CopySink } from "./copy-sink.js";
import { expandHome } from "./files.js";
import { requireShell } from "./shell-command.js";

/** `\copy`: streams between the server and a file, a program, or the script itself. */
export async function copy(call: CommandCall): Promise<void> {
  const parsed = parseCopyCommand((await call.arguments.next()) ?? "");
  if ("unexpected" in parsed) {
    throw call.fail(`cannot read it: unexpected ${parsed.unexpected}`);
  }
  const { target } = parsed;
  if (target.kind === "terminal") {
    throw call.refuse("there is no standard input or output", "Use stdin, stdout or a file.");
  }
  if (target.kind === "program") {
    await copyProgram(call, parsed, target.name);
  } else if (target.kind === "file") {
    await copyFile(call, parsed, target.name);
  } else if (parsed.direction === "from") {
    await send(call, parsed, { onCopyIn: call.file.sender.copyData });
  } else {
    await send(call, parsed, {});
  }
}

async function send(call: CommandCall, { statement }: CopyCommand, options: FlushOptions) {
  await call.file.sender.sendText(statement, call.offset, options);
}

async function copyFile(call: CommandCall, command: CopyCommand, name: string): Promise<void> {
  const path = resolve(call.run.cwd, expandHome(call, name));
  const file = await openFile(call, path, command.direction);
  if (command.direction === "from") {
    const stream = file.createReadStream();
    try {
      await send(call, command, { onCopyIn: () => stream });
    } finally {
      stream.destroy();
    }
    return;
  }
  const sink = new CopySink(file.createWriteStream());
  try {
    await send(call, command, { onCopyOut: sink.write });
  } finally {
    await sink.end().catch((cause: unknown) => {
      throw call.fail(`the file "${path}" cannot be written`, { cause });
    });
  }
}

async function openFile(
  call: CommandCall,
  path: string,
  direction: CopyCommand["direction"],
): Promise<FileHandle> {
  const failure = (cause: unknown) =>
    call.fail(
      `the file "${path}" cannot be opened: ${cause instanceof Error ? cause.message : cause}`,
      {
        cause,
      },
    );
  const file = await open(path, direction === "from" ? "r" : "w").catch((cause: unknown) => {
    throw failure(cause);
  });
  if ((await file.stat()).isDirectory()) {
    await file.close();
    throw failure("it is a directory");
  }
  return file;
}

async function copyProgram(
  call: CommandCall,
  command: CopyCommand,
  program: string,
): Promise<void> {
  requireShell(call);
  const { cwd, environment, output } = call.run;
  const place = { cwd, env: Object.fromEntries(environment) };
  const child = await startShell(program, place, command.direction === "from" ? "ignore" : "pipe");
  child.stderr?.on("data", (chunk: Buffer) => output.write(chunk.toString("utf8"), "stderr"));
  const closed = once(child, "close") as Promise<[number | null]>;
  // Only `status` looks at the end; a failure to start must not be nobody's.
  closed.catch(() => {});
  const status = async () => {
    const [code] = await closed;
    if (code !== 0) {
      throw call.fail(`the program ended with status ${code ?? "none"}`);
    }
  };
  if (command.direction === "from") {
    // What a program printed is thrown away when it ends, unless somebody reads already.
    const printed = child.stdout?.pipe(new PassThrough()) ?? [];
    // The program's failure has to reach the server before the data counts as complete.
    const data = async function* (): AsyncIterable<Buffer> {
      yield* printed;
      await status();
    };
    await send(call, command, { onCopyIn: data });
  } else {
    child.stdout?.on("data", (chunk: Buffer) => output.write(chunk.toString("utf8"), "stdout"));
    await send(
      call,
      command,
      child.stdin === null ? {} : { onCopyOut: new CopySink(child.stdin).write },
    );
    child.stdin?.end();
    await status();
  }
}
