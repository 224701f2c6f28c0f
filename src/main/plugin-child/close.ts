/**
 * Closes what Node's permission model leaves open, before a line of the plugin is loaded. Every check is made with what was there
 * at the start, or by syntax: a plugin may put what it likes in the place of anybody's functions.
 *
 * Prototypes are not frozen: libraries assign what they inherit (`error.name = …`, `toString`), which throws on frozen ones, and
 * nothing here leans on them. It is a seat belt, not a sandbox: docs/plugin-security.md says what stays open.
 */
import dgram from 'node:dgram';
import dns from 'node:dns';
import fs from 'node:fs';
import nodeModule, { registerHooks, syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { sep } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** Arithmetic, text and reading of its own files. Whatever Node gets new is closed until it is named here. */
const OPEN: Readonly<Record<string, true>> = Object.assign(Object.create(null), {
  ...{ assert: true, 'assert/strict': true, buffer: true, constants: true, crypto: true, events: true },
  ...{ fs: true, 'fs/promises': true, path: true, 'path/posix': true, 'path/win32': true, process: true },
  ...{ punycode: true, querystring: true, stream: true, 'stream/consumers': true, 'stream/promises': true },
  ...{ 'stream/web': true, string_decoder: true, timers: true, 'timers/promises': true, url: true },
  ...{ util: true, 'util/types': true, zlib: true },
});

/** Functions of `fs` and `fs/promises` that are left: a plugin reads its own folder and nothing else. */
const READING: Readonly<Record<string, true>> = Object.assign(Object.create(null), {
  ...{ access: true, accessSync: true, exists: true, existsSync: true, lstat: true, lstatSync: true },
  ...{ readFile: true, readFileSync: true, readdir: true, readdirSync: true, stat: true, statSync: true },
  ...{
    open: true,
    openSync: true,
    read: true,
    readSync: true,
    close: true,
    closeSync: true,
    fstat: true,
    fstatSync: true,
  },
  ...{ createReadStream: true, ReadStream: true, opendir: true, opendirSync: true },
  // Loading a file asks it; it is fenced in below.
  realpathSync: true,
  // Classes and values.
  ...{
    Stats: true,
    Dirent: true,
    constants: true,
    promises: true,
    F_OK: true,
    R_OK: true,
    W_OK: true,
    X_OK: true,
  },
});

const GLOBALS = ['fetch', 'WebSocket', 'EventSource', 'Headers', 'Request', 'Response', 'FormData'] as const;
const MORE_GLOBALS = ['CloseEvent', 'BroadcastChannel', 'localStorage', 'sessionStorage', 'Storage'] as const;

/** Ways out of the process, into its insides, or to its parent. */
const OF_PROCESS = [
  ...['abort', 'binding', 'chdir', 'dlopen', 'execve', 'kill', 'loadEnvFile', 'openStdin'],
  ...['report', 'umask', 'initgroups', 'setgroups', 'setegid', 'seteuid', 'setgid', 'setuid', 'ppid'],
  ...['getActiveResourcesInfo', 'setUncaughtExceptionCaptureCallback', 'sourceMapsEnabled', 'mainModule'],
  ...['_debugEnd', '_debugProcess', '_getActiveHandles', '_getActiveRequests', '_kill', '_linkedBinding'],
  ...['_preload_modules', '_rawDebug', '_startProfilerIdleNotifier', '_stopProfilerIdleNotifier'],
  ...['moduleLoadList', 'allowedNodeEnvironmentFlags', 'config', 'execArgv', 'channel', 'send', 'disconnect'],
] as const;

/** Of Module: hooks of the plugin would come before ours. */
const OF_MODULE = [
  ...[
    'register',
    'registerHooks',
    'runMain',
    'enableCompileCache',
    'flushCompileCache',
    'setSourceMapsSupport',
  ],
  ...['syncBuiltinESMExports', 'findSourceMap', 'SourceMap', 'stripTypeScriptTypes', 'createRequire'],
] as const;

const { apply, defineProperty, ownKeys, getOwnPropertyDescriptor } = Reflect;
const startsWith = String.prototype.startsWith;
const slice = String.prototype.slice;
const toPath = fileURLToPath;
const realpath = fs.realpathSync;
const begins = (text: string, how: string) => apply(startsWith, text, [how]) as boolean;

function refuse(what: string): never {
  const error = new Error(`${what} is closed to plugins`) as NodeJS.ErrnoException;
  error.code = 'ERR_ACCESS_DENIED';
  throw error;
}

function put(on: object, key: PropertyKey, value: unknown): void {
  const there = getOwnPropertyDescriptor(on, key);
  if (there && !there.configurable) {
    if (!there.writable) throw new Error(`${String(key)} cannot be closed in this Node`);
    (on as Record<PropertyKey, unknown>)[key] = value;
    return;
  }
  defineProperty(on, key, {
    value,
    writable: false,
    configurable: false,
    enumerable: there?.enumerable ?? false,
  });
}

/** In the place of a function, or of a class. */
function closed(name: string): () => never {
  return function closedToPlugins() {
    return refuse(name);
  };
}

function closeFunctions(on: object, name: string, open: Readonly<Record<string, true>>): void {
  for (const key of ownKeys(on)) {
    if (typeof key === 'string' && !(key in open)) put(on, key, closed(`${name}.${key}`));
  }
}

/** @param dir the plugin's folder, as it is called after all links, without a separator at its end */
export function closeAll(dir: string): void {
  const own = `${dir}${sep}`;
  closeModules(own);
  closeFiles(dir, own);
  closeNetwork();
  for (const name of [...GLOBALS, ...MORE_GLOBALS]) {
    if (name in globalThis) put(globalThis, name, undefined);
  }
  closeProcess();
  syncBuiltinESMExports();
}

/** Only what is named above, and files of the plugin itself: no data: and no http: addresses. */
function closeModules(own: string): void {
  const check = (url: string) => {
    if (begins(url, 'node:')) {
      const name = apply(slice, url, [5]) as string;
      if (!(name in OPEN)) refuse(`the module ${name}`);
    } else if (!begins(url, 'file:')) refuse(`loading from ${apply(slice, url, [0, 40])}`);
    else if (!begins(toPath(url), own)) refuse('loading files outside of its folder');
  };
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      check(found.url);
      return found;
    },
    // Whoever found a way past the first.
    load(url, context, next) {
      check(url);
      return next(url, context);
    },
  });
  const getBuiltin = process.getBuiltinModule;
  put(process, 'getBuiltinModule', (id: string) => {
    const name = begins(`${id}`, 'node:') ? (apply(slice, `${id}`, [5]) as string) : `${id}`;
    return name in OPEN ? apply(getBuiltin, process, [name]) : refuse(`the module ${name}`);
  });
  for (const name of OF_MODULE) if (name in nodeModule) put(nodeModule, name, closed(`module.${name}`));
}

function closeFiles(dir: string, own: string): void {
  // The permission model lets it say where links lead, and so what there is.
  const fenced = ((path: fs.PathLike, options?: never) => {
    const text = typeof path === 'string' ? path : refuse('fs.realpathSync of anything but text');
    if (text !== dir && !begins(text, own)) refuse('fs.realpathSync outside of its folder');
    return apply(realpath, fs, [text, options]) as string;
  }) as typeof fs.realpathSync;
  closeFunctions(fs.promises, 'fs.promises', READING);
  closeFunctions(fs, 'fs', READING);
  put(fs, 'realpathSync', fenced);
}

/** Should anybody still come by a socket: it cannot be connected. */
function closeNetwork(): void {
  for (const key of ['connect', 'bind', 'listen']) {
    put(net.Socket.prototype, key, closed(`net.${key}`));
    put(net.Server.prototype, key, closed(`net.${key}`));
    put(dgram.Socket.prototype, key, closed(`dgram.${key}`));
  }
  put(net.Server.prototype, '_listen2', closed('net.listen'));
  put(dgram.Socket.prototype, 'send', closed('dgram.send'));
  closeFunctions(dns.promises, 'dns.promises', Object.create(null));
  closeFunctions(dns, 'dns', Object.assign(Object.create(null), { promises: true }));
}

function closeProcess(): void {
  for (const name of OF_PROCESS) {
    if (!(name in process)) continue;
    const value = process[name as keyof typeof process];
    put(process, name, typeof value === 'function' ? closed(`process.${name}`) : undefined);
  }
  put(process, 'env', Object.create(null));
  put(process, 'argv', ['plugin']);
  // What it says is for the log; its own streams would give it the way to the host, and the means to open others.
  const writeSync = realWriteSync;
  const log = new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      try {
        writeSync(2, chunk);
      } catch {
        // Nobody reads it.
      }
      done();
    },
  });
  for (const name of ['stdout', 'stderr']) put(process, name, log);
  put(process, 'stdin', null);
  put(globalThis, 'console', new console.Console({ stdout: log, stderr: log }));
}

const realWriteSync = fs.writeSync;
