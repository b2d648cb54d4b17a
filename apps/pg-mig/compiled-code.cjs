#!/usr/bin/env node
// This file is `bin/pg-mig.cjs`: it loads the files beside it, and keeps what V8 compiled for the next start. Why, and
// why not by Node's own compile cache: docs/decisions/compiled-code.md.
//
// What is kept runs as code. It counts only if nobody else can have written it, and each file only if its text is still
// the one that it was made of. All else is as if nothing had been kept, and no run fails because of it.
//
// It is no part of the bundle, since it loads that; and no ES module, since it gives each file what Node gives to a
// CommonJS one.
const fs = require("node:fs");
const { homedir } = require("node:os");
const { dirname, isAbsolute, join } = require("node:path");
const { Script } = require("node:vm");

/** [name, text, script] of each file that is loaded, the text as a Buffer. */
const loaded = [];
/** How many of them V8 had to compile. */
let compiled = 0;
/** In bytes, of the first line of what is kept. */
const longestLine = 4096;

const keptFile = placeOfKept();
const kept = keptFile === undefined ? new Map() : findKept(keptFile);
// At the end, since then V8 has compiled what was called, too.
process.on("exit", () => {
  if (compiled > 0 && keptFile !== undefined) {
    keep(keptFile);
  }
});
load("main.cjs");

function load(name) {
  const filename = join(__dirname, name);
  // In Node's own list: `import … from "pg-mig"` in a config file finds what is loaded already.
  const known = require.cache[filename];
  if (known !== undefined) {
    return known.exports;
  }
  const text = fs.readFileSync(filename);
  const made = new module.constructor(filename, module);
  made.filename = filename;
  made.paths = module.paths;
  const run = compile(name, filename, text).runInThisContext();
  require.cache[filename] = made;
  run.call(made.exports, made.exports, requireBeside, made, filename, __dirname);
  made.loaded = true;
  return made.exports;
}

function requireBeside(id) {
  return id.startsWith("./") ? load(id.slice("./".length)) : require(id);
}

function compile(name, filename, text) {
  const before = kept.get(name);
  const cachedData = before?.text()?.equals(text) ? before.code() : undefined;
  const opening = "(function(exports,require,module,__filename,__dirname){";
  const script = new Script(`${opening}${text}\n})`, {
    filename,
    columnOffset: -opening.length,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  // Another Node, or one with other options for V8.
  if (cachedData === undefined || script.cachedDataRejected) {
    compiled++;
  }
  loaded.push([name, text, script]);
  return script;
}

/**
 * Where it is kept, if anywhere. Where there are no users, nothing tells whose a file is. And `sudo` may leave HOME as
 * it was: root shall make nothing there.
 */
function placeOfKept() {
  const { NODE_DISABLE_COMPILE_CACHE: disabled, XDG_CACHE_HOME: named = "" } = process.env;
  if (disabled || process.geteuid === undefined) {
    return undefined;
  }
  try {
    const { version } = JSON.parse(fs.readFileSync(join(__dirname, "..", "package.json"), "utf8"));
    const name = `${version}-node-${process.version}-${process.arch}`;
    if (isAbsolute(named)) {
      return join(named, "pg-mig", name);
    }
    const home = homedir();
    const isOwn = isAbsolute(home) && fs.statSync(home).uid === process.geteuid();
    return isOwn ? join(home, ".cache", "pg-mig", name) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What a file has for each name, to be read when it is needed. The file has a line of JSON, [name, bytes of its text, bytes of
 * its code] of each, and then these bytes in the same order.
 */
function findKept(file) {
  try {
    // First of all: in a folder of others, what is opened may be replaced before it is looked at.
    if (!isOurs(fs.lstatSync(dirname(file)))) {
      return new Map();
    }
    const descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const status = fs.fstatSync(descriptor);
    if (!isOurs(status)) {
      return new Map();
    }
    const part = (start, length) => () => readPart(descriptor, start, length);
    const beginning = readPart(descriptor, 0, Math.min(status.size, longestLine));
    let at = beginning.indexOf("\n") + 1;
    const found = new Map();
    for (const [name, textBytes, codeBytes] of JSON.parse(beginning.toString("utf8", 0, at))) {
      found.set(name, { text: part(at, textBytes), code: part(at + textBytes, codeBytes) });
      at += textBytes + codeBytes;
    }
    return at === status.size ? found : new Map();
  } catch {
    return new Map();
  }
}

/** Bytes, or undefined if they cannot be read. */
function readPart(descriptor, start, length) {
  try {
    const bytes = Buffer.allocUnsafeSlow(length);
    return fs.readSync(descriptor, bytes, 0, length, start) === length ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Whether nobody but this user can write to a file or a folder. */
function isOurs(status) {
  const { uid, mode } = status;
  return !status.isSymbolicLink() && uid === process.geteuid() && (mode & 0o022) === 0;
}

function keep(file) {
  const own = `${file}.${process.pid}`;
  try {
    fs.mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    if (!isOurs(fs.lstatSync(dirname(file)))) {
      return;
    }
    const descriptor = fs.openSync(own, "wx", 0o600);
    try {
      const parts = new Map(kept);
      for (const [name, text, script] of loaded) {
        parts.set(name, { text: () => text, code: () => script.createCachedData() });
      }
      const bytes = [...parts.values()].flatMap(({ text, code }) => [text(), code()]);
      const sizes = [...parts.keys()].map((name, i) => [
        name,
        ...bytes.slice(2 * i, 2 * i + 2).map(({ length }) => length),
      ]);
      fs.writeFileSync(
        descriptor,
        Buffer.concat([Buffer.from(`${JSON.stringify(sizes)}\n`), ...bytes]),
      );
      // V8 does not look for what is damaged: after a crash the file is whole, or is not there.
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(own, file);
  } catch {
    try {
      fs.unlinkSync(own);
    } catch {
      // It was never there.
    }
  }
}
