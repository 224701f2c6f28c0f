/** A plugin that tries to get out: every way that was thought of, one a name. What it gets is what it answers. */

/** Each answers with what it got, or throws. */
const QUIET = `
  // The network.
  'fetch': () => fetch('http://127.0.0.1:' + given.port),
  'WebSocket': () => new WebSocket('ws://127.0.0.1:' + given.port),
  'EventSource': () => new EventSource('http://127.0.0.1:' + given.port),
  'import net': () => import('node:net'),
  'import net without node:': () => import('net'),
  'import http': () => import('node:http'),
  'import https': () => import('node:https'),
  'import http2': () => import('node:http2'),
  'import tls': () => import('node:tls'),
  'import dgram': () => import('node:dgram'),
  'import dns': () => import('node:dns'),
  'import dns/promises': () => import('node:dns/promises'),
  'import _http_client': () => import('_http_client'),
  'require net': () => cjs.require('net'),
  'require http': () => cjs.require('node:http'),
  'getBuiltinModule net': () => process.getBuiltinModule('net'),
  'getBuiltinModule node:tls': () => process.getBuiltinModule('node:tls'),
  'getBuiltinModule by an object': () => process.getBuiltinModule({ toString: () => 'net' }),
  'getBuiltinModule by an object that changes': () => { let i = 0; return process.getBuiltinModule({ toString: () => i++ ? 'net' : 'path' }); },
  'a socket of a handle': () => new (process.stderr._handle.constructor)(0),
  'handles': () => process._getActiveHandles().length || none(),
  'BroadcastChannel': () => new BroadcastChannel('x'),
  // SQLite.
  'import sqlite': () => import('node:sqlite'),
  'require sqlite': () => cjs.require('node:sqlite'),
  'getBuiltinModule sqlite': () => process.getBuiltinModule('node:sqlite'),
  '_load sqlite': () => cjs.module.constructor._load('node:sqlite'),
  // Other processes and threads.
  'import child_process': () => import('node:child_process'),
  'getBuiltinModule child_process': () => process.getBuiltinModule('child_process').spawnSync('true'),
  '_load child_process': () => cjs.module.constructor._load('child_process').spawnSync('true'),
  'require child_process': () => cjs.require('child_process'),
  'cluster': () => import('node:cluster'),
  'worker_threads': () => import('node:worker_threads'),
  '_load worker_threads': () => cjs.module.constructor._load('worker_threads'),
  'getBuiltinModule worker_threads': () => process.getBuiltinModule('worker_threads'),
  'kill': () => process.kill(given.parent, 0),
  '_kill': () => process._kill(given.parent, 0),
  'ppid': () => process.ppid ?? none(),
  '_debugProcess': () => process._debugProcess(given.parent),
  'abort': () => process.abort.name === 'abort' ? process.abort : none(),
  'execve': () => process.execve('/bin/true', ['true']),
  'dlopen': () => process.dlopen({ exports: {} }, given.secret),
  // Insides.
  'binding': () => process.binding('fs'),
  '_linkedBinding': () => process._linkedBinding('fs'),
  'inspector': () => import('node:inspector'),
  'vm': () => import('node:vm'),
  'v8': () => import('node:v8'),
  'wasi': () => import('node:wasi'),
  'repl': () => import('node:repl'),
  'async_hooks': () => import('node:async_hooks'),
  'diagnostics_channel': () => import('node:diagnostics_channel'),
  'os': () => import('node:os'),
  'trace_events': () => import('node:trace_events'),
  'test runner': () => import('node:test'),
  'module': () => import('node:module'),
  'require module': () => cjs.require('module'),
  'hooks of its own': () => cjs.module.constructor.registerHooks({ resolve: () => ({ url: 'node:net', shortCircuit: true }) }),
  'createRequire': () => cjs.module.constructor.createRequire(given.secret),
  'report': () => process.report.writeReport(),
  'eval': () => eval('1'),
  'Function': () => new Function('return 1')(),
  'send': () => process.send({}),
  'stdin': () => process.stdin.on('data', () => {}),
  'env': () => Object.keys(process.env).length || none(),
  'chdir': () => process.chdir('/'),
  // Files.
  'passwd': () => fs.readFileSync('/etc/passwd', 'utf8'),
  'a secret': () => fs.readFileSync(given.secret, 'utf8'),
  'a secret by promises': () => fs.promises.readFile(given.secret, 'utf8'),
  'a secret by a buffer': () => fs.readFileSync(Buffer.from(given.secret), 'utf8'),
  'a secret by an address': () => fs.readFileSync(new URL('file://' + given.secret), 'utf8'),
  'a secret by ..': () => fs.readFileSync(given.own + '/../..' + given.secret, 'utf8'),
  'a secret by a stream': () => new Promise((good, bad) => fs.createReadStream(given.secret).on('data', good).on('error', bad)),
  'a secret imported': () => import(given.secret),
  'a secret required': () => cjs.require(given.secret),
  'whether a secret is there': () => fs.existsSync(given.secret) || none(),
  'where a link leads': () => fs.realpathSync(given.secret),
  'where a link leads, natively': () => fs.realpathSync.native(given.secret),
  'what is in a folder': () => fs.readdirSync('/'),
  'write beside itself': () => fs.writeFileSync(given.own + '/new.txt', 'x'),
  'write elsewhere': () => fs.openSync(given.secret + '.new', 'w'),
  'append': () => fs.appendFileSync(given.secret, 'x'),
  'write to a number': () => fs.writeSync(1, 'garbage'),
  'writev to a number': () => fs.writevSync(1, [Buffer.from('garbage')]),
  'write by a stream': () => fs.createWriteStream(null, { fd: 1 }),
  'write to itself by a file': () => fs.openSync('/proc/self/fd/1', 'w'),
  'a link': () => fs.symlinkSync(given.secret, given.own + '/link'),
  'remove': () => fs.rmSync(given.own, { recursive: true }),
  'rename': () => fs.renameSync(given.own, given.own + '2'),
  'watch': () => fs.watch('/'),
  'cp': () => fs.cpSync(given.secret, given.own + '/copy'),
  // Code from elsewhere.
  'data:': () => import('data:text/javascript,export default 1'),
  'http:': () => import('http://127.0.0.1:' + given.port + '/x.js'),
  // After everybody's functions were exchanged.
  'net with exchanged functions': async () => {
    const { startsWith, slice } = String.prototype;
    const { has } = Set.prototype;
    String.prototype.startsWith = () => false;
    String.prototype.slice = () => 'path';
    Set.prototype.has = () => true;
    Object.prototype.net = true;
    Reflect.apply = () => 'path';
    try {
      return await import('node:net');
    } finally {
      Object.assign(String.prototype, { startsWith, slice });
      Set.prototype.has = has;
      delete Object.prototype.net;
    }
  },
  // What the host does for those who may.
  'broker: fetch': (call) => call.fetch('https://example.org/'),
  'broker: read': (call) => call.read(given.secret),
  'broker: write': (call) => call.write(given.secret, 'x'),
`;

/** Each is the last that this process does, or is ended for. */
const LOUD = `
  loop: () => { console.log('begun'); for (;;); },
  'loop in a promise': async () => { for (;;) await null; },
  never: () => { console.log('begun'); return new Promise(() => {}); },
  heap: () => { const all = []; for (;;) all.push(new Array(100_000).fill({}).map(() => ({}))); },
  buffers: () => { const all = []; for (;;) all.push(Buffer.alloc(64 * 2 ** 20, 1)); },
  '4 GB': () => Buffer.alloc(2 ** 32 - 1, 1).length,
  wasm: () => { const all = []; for (;;) { const one = new WebAssembly.Memory({ initial: 1024 }); new Uint8Array(one.buffer).fill(1); all.push(one); } },
  pid: () => ({ said: process.pid }),
  exit: () => process.exit(3),
  reallyExit: () => process.reallyExit(4),
  rejection: () => { Promise.reject(new Error('nobody waits')); return new Promise(() => {}); },
  later: () => { setTimeout(() => { throw new Error('thrown later'); }); return new Promise(() => {}); },
  flood: () => { for (;;) for (const call of [context]) { now += 1000; call.progress(0.5); } },
  'flood of questions': async () => { for (;;) { context.read('x').catch(() => {}); await null; } },
  printing: () => { const text = 'x'.repeat(2 ** 20); for (;;) console.log(text); },
  '2 GB': () => ({ said: Array.from({ length: 32 }, () => new Uint8Array(64 * 2 ** 20)) }),
  'long text': () => 'x'.repeat(300 * 2 ** 20),
  nan: () => ({ said: new Float32Array([1, NaN]) }),
  infinity: () => Infinity,
  proto: () => JSON.parse('{"__proto__": {"polluted": true}, "said": "x"}'),
  constructor: () => ({ constructor: { prototype: { polluted: true } } }),
  circle: () => { const it = {}; it.it = it; return it; },
  deep: () => { let it = 'x'; for (let i = 0; i < 5000; i++) it = [it]; return it; },
  getters: () => ({ get said() { throw new Error('a getter'); } }),
  'a promise that lies': () => ({ then(good) { good('one'); good('two'); } }),
  bomb: () => { for (let i = 0; i < 1000; i++) { try { process.getBuiltinModule('child_process').spawn(process.execPath, [given.own + '/index.js']); } catch {} } return 'none'; },
`;

export const HOSTILE = `
import fs from 'node:fs';
import cjs from './cjs.cjs';
let given;
let context;
let now = 0;
performance.now = () => now;
const none = () => { throw new Error('none'); };
const quiet = {${QUIET}};
const loud = {${LOUD}};
export default {
  activate(host) { Object.prototype.polluted = undefined; delete Object.prototype.polluted; },
  attacks: {
    quiet: { async all(facts, call) {
      given = facts;
      const open = [];
      for (const [name, attack] of Object.entries(quiet)) {
        try {
          await attack(call);
          open.push(name);
        } catch {}
      }
      return { tried: Object.keys(quiet).length, open };
    } },
    loud: { one(name, facts, call) { given = facts; context = call; return loud[name](); } },
  },
};
`;

export const HOSTILE_CJS = 'module.exports = { require, module };\n';
