/** Scripts of plugins: what they are given, what of their answers is taken, and what becomes of those that do harm. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AppError, Cancelled } from '../../src/common/errors.ts';
import type { PluginHandle } from '../../src/common/plugins/handle.ts';
import type { Manifest } from '../../src/common/plugins/manifest.ts';
import { timelineV1 } from '../../src/common/plugins/timeline-v1.ts';
import { timelineOf } from '../../src/common/plugins/timeline-v1-cut.ts';
import { rational } from '../../src/common/time/rational.ts';
import { PluginLog } from '../../src/main/engine/plugins/log.ts';
import { openScriptPlugin } from '../../src/main/engine/plugins/script/script-plugin.ts';
import { ScriptThread } from '../../src/main/engine/plugins/script/thread.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const opened: PluginHandle[] = [];
const crashes: string[] = [];
const log = new PluginLog();
afterAll(() => Promise.all(opened.map((one) => one.stop())));

async function plugin(files: Record<string, string>, suites = ['timeline@1']): Promise<PluginHandle> {
  const dir = tempFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  const manifest = { main: 'index.js', suites } as unknown as Manifest;
  const facts = { id: 'org.example.x', version: '1.2.0', api: 1, name: 'Shot list' };
  const handle = await openScriptPlugin(
    { facts, manifest, dir },
    {
      limits: { memoryBytes: 32 * 2 ** 20, deadlineMs: 1000, answerCharacters: 100_000 },
      onCrash: (why) => crashes.push(why),
      log,
    },
  );
  opened.push(handle);
  return handle;
}

const exporter = (body: string, head = '') =>
  `${head}export default { exporters: { x: { write(timeline, params) {\n${body}\n} } } };`;

const cut = {
  ...{ name: 'Film', rate: rational(25), start: { frames: 90_000, drop: false }, width: 320, height: 180 },
  ...{ media: {}, items: [{ kind: 'gap' as const, frames: 5 }], markers: [] },
};
const timeline = timelineOf(cut, { stem: 'Film', place: () => null });
const write = (handle: PluginHandle, options = {}) =>
  handle.call(timelineV1, 'write', 'x', [timeline, { tabs: true }], options);
const failure = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => null,
    (one: unknown) => one,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
};

describe('a script', () => {
  it('prints a hundred lines a call, and what is left out is said', async () => {
    await write(
      await plugin({
        'index.js': exporter(
          `for (let i = 0; i < 500; i++) console.log(i); return { files: [{ path: 'a', text: '' }] };`,
        ),
      }),
    );
    expect(log.take().trimEnd().split('\n').slice(-2)).toEqual(['99', '… and more']);
  });

  it('keeps its thread while it is asked, and gets another when it was let go', async () => {
    const task = {
      sources: { 'index.js': exporter('return 1;') },
      ...{ main: 'index.js', on: 'exporters', of: 'x', method: 'write', args: '[]' },
      limits: { memoryBytes: 32 * 2 ** 20, stackBytes: 2 ** 18, deadlineMs: 1000, answerCharacters: 10 },
    };
    const thread = new ScriptThread(1);
    for (const _time of ['first', 'second']) {
      const ends = await Promise.all([1, 2].map(() => thread.run(task, undefined)));
      expect(ends.map(({ answer }) => answer)).toEqual(['1', '1']);
      await expect.poll(() => thread.isRunning).toBe(false);
    }
  });

  it('is given a timeline and parameters, and gives files of text and of bytes', async () => {
    const handle = await plugin({
      'index.js': `import { suffix } from './lib/names.js';
        import table from './table.json';
        export default { exporters: { x: { async write(timeline, { tabs }) {
          console.log('asked for', timeline.name, { tabs });
          return { losses: ['colours'], files: [
            { path: timeline.stem + suffix, text: table.head + timeline.start.label + ' ü😀' },
            { path: 'a.bin', bytes: new Uint8Array([0, 255, 128, 7]) },
          ] };
        } } } };`,
      'lib/names.js': `import { ending } from '../ending.js'; export const suffix = ' shots' + ending;`,
      'ending.js': `export const ending = '.csv';`,
      'table.json': '{"head": "Head "}',
    });
    expect(await write(handle)).toEqual({
      losses: ['colours'],
      files: [
        { path: 'Film shots.csv', text: 'Head 01:00:00:00 ü😀' },
        { path: 'a.bin', bytes: new Uint8Array([0, 255, 128, 7]) },
      ],
    });
    expect(log.text).toBe('asked for Film {"tabs":true}\n');
  });

  it('has the language and nothing else', async () => {
    const handle = await plugin({
      'index.js': `export default { names: { x: () => ['process', 'require', 'fetch', 'Buffer', 'setTimeout', 'std', 'os',
        'WebAssembly', 'Worker', 'XMLHttpRequest', 'navigator'].filter((one) => one in globalThis).join() } };`,
    });
    const none = { source: '', target: '', negative: '' };
    const facts = { project: '', shot: '', take: '', clip: '', n: '001', date: '', timecode: '', note: '' };
    const asked = { ...facts, prompts: none, rating: 0 };
    expect(await handle.call(timelineV1, 'name', 'x', [asked])).toBe('');
  });

  it('begins anew with each call', async () => {
    const handle = await plugin({
      'index.js': exporter(
        'count += 1; Object.prototype.seen = true; return { files: [{ path: count + ".txt", text: String([].seen) }] };',
        'let count = 0;',
      ),
    });
    const first = await write(handle);
    expect(first.files).toEqual([{ path: '1.txt', text: 'true' }]);
    expect(await write(handle)).toEqual(first);
    expect(Object.prototype).not.toHaveProperty('seen');
  });

  it.each([
    [
      'throws',
      { 'index.js': exporter('throw new Error("no reel")') },
      'Shot list 1.2.0: no reel (index.js:2:',
    ],
    [
      'throws in a module of its own',
      {
        'index.js': exporter('return rows()', 'import { rows } from "./lib/rows.js";'),
        'lib/rows.js': '\nexport function rows() {\n  return null.length;\n}',
      },
      "TypeError: cannot read property 'length' of null (lib/rows.js:3:",
    ],
    ['throws no error', { 'index.js': exporter('throw 7') }, 'a number'],
    ['is no JavaScript', { 'index.js': 'export default {\n  a: (\n}' }, '(index.js:3:'],
    ['has no such function', { 'index.js': 'export default {}' }, 'no function exporters["x"].write'],
    [
      'imports Node',
      { 'index.js': 'import fs from "node:fs"; export default {}' },
      '"node:fs" cannot be imported',
    ],
    [
      'imports what is outside',
      { 'index.js': 'import a from "../a.js"; export default {}' },
      'not in the plugin',
    ],
    [
      'imports what is nowhere',
      { 'index.js': 'import a from "./a.js"; export default {}' },
      'not in the plugin',
    ],
    ['never answers', { 'index.js': exporter('return new Promise(() => {})') }, 'it gave no answer'],
  ])('that %s is told with its file and line', async (_what, files, line) => {
    const error = await failure(write(await plugin(files as unknown as Record<string, string>)));
    expect(error.code).toBe('plugin-failed');
    expect(`${error.doing}: ${error.message}`).toContain(line);
    expect(error.hint).not.toBe('');
  });

  it('with a link in its folder is not read', async () => {
    const dir = tempFolder();
    symlinkSync('/etc/hostname', join(dir, 'index.js'));
    const manifest = { main: 'index.js', suites: [] } as unknown as Manifest;
    const facts = { id: 'org.example.x', version: '1.0.0', api: 1, name: 'Linked' };
    expect(await failure(openScriptPlugin({ facts, manifest, dir }))).toMatchObject({
      code: 'plugin-invalid',
    });
  });

  it('that wants a suite of tomorrow is refused before it runs', async () => {
    expect((await failure(plugin({ 'index.js': '' }, ['timeline@9']))).message).toContain('timeline@9');
  });
});

const GOOD = '({ files: [{ path: "a.txt", text: "" }] })';

/** What a plugin does to harm, and what is said. The same plugin is asked again afterwards, and answers. */
const ATTACKS: readonly (readonly [what: string, body: string, line: RegExp, crash: boolean])[] = [
  ['loops for ever', 'for (;;);', /took too long/, true],
  [
    'waits in a pattern that never ends',
    'return /^(a+)+$/.test("a".repeat(60) + "b");',
    /took too long/,
    true,
  ],
  [
    'takes all memory',
    'const all = []; for (;;) all.push(new Uint8Array(1e6));',
    /more memory|took too long/,
    true,
  ],
  [
    'writes a text without end',
    'let a = ["x"]; for (;;) a = [...a, ...a];',
    /more memory|took too long/,
    true,
  ],
  ['calls itself for ever', 'const f = () => f() + 1; return f();', /too deeply/, true],
  [
    'nests what it reads',
    'return JSON.parse("[".repeat(1e6));',
    /too deeply|more memory|took too long/,
    true,
  ],
  [
    'nests what it answers',
    'const o = {}; for (let c = o, i = 0; i < 1e5; i++) c = c.a = {}; return o;',
    /too deeply|more memory|took too long/,
    true,
  ],
  [
    'answers too much',
    'return { files: [{ path: "a", text: "x".repeat(1e6) }] };',
    /answer is too large/,
    false,
  ],
  ['answers nothing', 'return;', /it answered nonsense: it must be an object/, false],
  ['answers a number', 'return { files: 7 };', /"files" must be a list/, false],
  ['answers NaN', 'return { files: [{ path: NaN, text: "" }] };', /nonsense/, false],
  ['answers a file of neither kind', 'return { files: [{ path: "a" }] };', /either text or bytes/, false],
  [
    'answers with a prototype',
    'return JSON.parse(`{"files":[{"path":"a","text":"","__proto__":{"admin":true}}]}`);',
    /a key "__proto__"/,
    false,
  ],
  [
    'answers with more than is asked for',
    'return { files: [{ path: "a", text: "", mode: 511 }] };',
    /nonsense/,
    false,
  ],
  ['answers through a getter that loops', 'return { get files() { for (;;); } };', /took too long/, true],
  ['throws what throws when looked at', 'throw new Proxy({}, { get() { throw 1; } });', /it failed/, false],
  ['puts another JSON in place', 'JSON.stringify = () => ({}); return 1;', /no answer/, false],
  ['says all it can', 'for (;;) console.log("x".repeat(1e5));', /took too long|more memory/, true],
];

describe('a script that', () => {
  it.each(ATTACKS)('%s fails alone', async (_what, body, line, crash) => {
    const handle = await plugin({
      'index.js': exporter(`if (timeline.name === 'Film') { ${body} } return ${GOOD};`),
    });
    crashes.length = 0;
    const error = await failure(write(handle));
    expect(error).toMatchObject({ code: 'plugin-failed', doing: 'Shot list 1.2.0' });
    expect(error.message).toMatch(line);
    expect(crashes).toHaveLength(crash ? 1 : 0);
    // The next call is answered as if nothing had been.
    const other = { ...timeline, name: 'Other' };
    expect(await handle.call(timelineV1, 'write', 'x', [other, {}])).toMatchObject({
      files: [{ path: 'a.txt' }],
    });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('runs stops nothing of the engine, and ends when it is not wanted any more', async () => {
    const handle = await plugin({ 'index.js': exporter('for (;;);') });
    const abort = new AbortController();
    const work = write(handle, { signal: abort.signal });
    // The engine's own loop turns: else neither would come.
    setImmediate(() => abort.abort());
    await expect(work).rejects.toBeInstanceOf(Cancelled);
  });
});
