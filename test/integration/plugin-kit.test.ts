/** The kit for authors of plugins: templates pass it as they are, and what is wrong with a plugin is told. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type KitReport, PLUGIN_KINDS, type PluginKind } from '../../src/common/contract/plugin-kit.ts';
import { createPlugin } from '../../src/main/engine/plugin-kit/create.ts';
import { openInTier } from '../../src/main/engine/plugin-kit/open-in-tier.ts';
import { panelFaults } from '../../src/main/engine/plugin-kit/panel-files.ts';
import { testPlugin } from '../../src/main/engine/plugin-kit/test-plugin.ts';
import { retake } from '../helpers/cli.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const root = resolve(import.meta.dirname, '../..');
let dir = '';
beforeEach(() => {
  dir = tempFolder();
});

const begin = async (kind: PluginKind) =>
  (await createPlugin({ path: join(dir, kind), kind, id: null, from: null })).path;
const tried = (path: string, record = false) =>
  testPlugin({ path, record }, (plugin, log) => openInTier(plugin, log), new AbortController().signal);
const failures = ({ checks }: KitReport) =>
  checks.flatMap(({ what, outcome, said }) => (outcome === 'failed' ? [`${what}: ${said}`] : []));
function change(path: string, ...pairs: readonly (readonly [string, string])[]): void {
  let text = readFileSync(path, 'utf8');
  for (const [from, to] of pairs) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  writeFileSync(path, text);
}

describe('templates', () => {
  it.each(PLUGIN_KINDS)('pass as they are, and are packed: %s', async (kind) => {
    const path = await begin(kind);
    const report = await tried(path);
    expect(failures(report)).toEqual([]);
    expect(report.packed?.path).toBe(`${path}.zip`);
    expect(existsSync(`${path}.zip`)).toBe(true);
  });

  it('are begun and tried in the terminal', async () => {
    const [path, home] = [join(dir, 'my-names'), { home: join(dir, 'home') }];
    expect(await retake(['plugin', 'new', path, '--kind', 'names'], home)).toMatchObject({
      code: 0,
      stderr: '',
    });
    const run = await retake(['plugin', 'test', path], home);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain('Install it: retake plugin install my-names.zip');
    change(join(path, 'index.js'), ['slate =', 'other =']);
    expect(await retake(['plugin', 'test', path], home)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('nothing is packed'),
    });
  });

  it('have the types that they say, in an editor’s eyes', async () => {
    for (const kind of PLUGIN_KINDS.filter((one) => one !== 'model')) await begin(kind);
    const options = {
      allowJs: true,
      checkJs: true,
      noEmit: true,
      strict: true,
      target: 'es2024',
      module: 'esnext',
    };
    const compilerOptions = {
      ...options,
      moduleResolution: 'bundler',
      lib: ['es2024', 'dom', 'dom.iterable'],
      types: [],
    };
    writeFileSync(
      join(dir, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['*/*.js', '*/panel/*.js'] }),
    );
    execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', dir], { stdio: 'inherit' });
  });
});

describe('what is wrong with a plugin is told', () => {
  it('of exporters', async () => {
    const path = await begin('exporter');
    change(join(path, 'index.js'), ['.csv`', '.txt`']);
    const report = await tried(path);
    expect(failures(report)[0]).toBe(
      'exporter shots: two shots, one with a take: none of its files ends in .csv: Two shots.txt.',
    );
    expect(report.packed).toBeNull();
    expect(existsSync(`${path}.zip`)).toBe(false);
    change(
      join(path, 'index.js'),
      ['.txt`', '.csv`'],
      ['const header', 'globalThis.calls = Math.random(); const header'],
      ["'prompt',", 'globalThis.calls,'],
    );
    expect(failures(await tried(path))[0]).toContain('the same timeline twice is not the same files');
    change(join(path, 'index.js'), ['.stem}', '.stem}/../../x']);
    expect(failures(await tried(path))[0]).toContain('is no name that a file can have');
  });

  it('of importers that do not end, and files that are not there', async () => {
    const path = await begin('importer');
    change(join(path, 'index.js'), [
      "if (header !== COLUMNS.join('\\t'))",
      "if (text === '') for (;;);\n    if (header !== COLUMNS.join('\\t'))",
    ]);
    const slow = await testPlugin(
      { path, record: false },
      (plugin, log) => openInTier(plugin, log, { deadlineMs: 4000 }),
      new AbortController().signal,
    );
    expect(failures(slow)).toEqual([
      expect.stringMatching(/^importer shots: an empty text: it took too long and was stopped/),
    ]);
    change(join(path, 'retake-plugin.json'), ['"index.js"', '"main.js"']);
    expect(failures(await tried(path))).toEqual([
      'files: main.js is not there, or is left out when it is packed.',
    ]);
  });

  it('with what it printed beside the call in which it did, in either tier', async () => {
    const script = await begin('names');
    const slate = join(script, 'index.js');
    writeFileSync(
      slate,
      `${readFileSync(slate, 'utf8').replace('export default', 'const plugin =')}
       export default { names: { slate: (facts) => (console.log('slate\\u001b[31m', 7), plugin.names.slate(facts)) } };`,
    );
    const printed = ({ checks }: KitReport) =>
      checks.flatMap(({ what, printed: [line] }) => (line === undefined ? [] : [`${what}: ${line}`]));
    expect(printed(await tried(script))[0]).toBe('name slate: a take: slate [31m 7');
    const method = await begin('method');
    change(join(method, 'index.js'), [
      "needs: () => ['clean']",
      "needs: (console.log('loaded'), () => (console.log('asked'), ['clean']))",
    ]);
    const report = await tried(method);
    expect(printed(report)[0]).toBe('method steady: one frame: loaded');
    expect(report.checks.find(({ what }) => what.endsWith('one frame'))?.printed).toContain('asked');
  });

  it('of recorded calls that are answered otherwise', async () => {
    const path = await begin('names');
    expect((await tried(path, true)).recorded).toEqual({ replayed: 0, written: 3 });
    const files = readdirSync(join(path, 'recorded'));
    await tried(path, true);
    expect(readdirSync(join(path, 'recorded'))).toEqual(files);
    expect(await tried(path)).toMatchObject({ passed: true, recorded: { replayed: 3, written: 0 } });
    change(join(path, 'index.js'), ['}_$', '}-$']);
    expect(failures(await tried(path))[0]).toContain('it answers otherwise than it did');
  });

  it('of methods that promise what they do not keep', async () => {
    const path = await begin('method');
    change(join(path, 'index.js'), [
      '(before.used[i] ?? value)',
      '(before.used[i] ?? value) + Math.random()',
    ]);
    expect(failures(await tried(path))).toContainEqual(
      'method steady: five frames: its manifest says "deterministic", and the same shot twice is not the same.',
    );
    change(join(path, 'index.js'), ['Math.random()', 'Number.NaN']);
    expect(failures(await tried(path))[0]).toMatch(/method steady: five frames: .*(finite|number)/i);
  });

  it('of estimators that are none', async () => {
    const path = await begin('estimator');
    writeFileSync(join(path, 'model/model.onnx'), 'no graph');
    expect(failures(await tried(path))[0]).toMatch(/^estimator nearness: is a depth estimator: /);
  });

  it('of panels: what their window would refuse', async () => {
    const path = await begin('panel');
    const page = `<!doctype html><script src="https://example.org/a.js"></script><script>x()</script>
      <!-- <script>y()</script> --><script type="module" src="retake.js"></script><script src="retake.js" crossorigin></script><button onclick="x()">x</button><iframe src="a.html"></iframe>
      <img src="missing.png"><a href="javascript:x()">x</a><style>@font-face { font-family: a; src: url(a.woff2) } a { background: url(//example.org/x.png) }</style>`;
    writeFileSync(join(path, 'panel/index.html'), page);
    mkdirSync(join(path, 'panel/more'));
    writeFileSync(
      join(path, 'panel/more/a.js'),
      '// fetch() is not for panels\nfetch("x"); localStorage.a = 1; new Function("x");\nimport("./b.js");',
    );
    const told = failures(await tried(path)).join('\n');
    for (const word of [
      'https://example.org/a.js: a panel has no network',
      '<script type="module">: modules do not load in a panel',
      'crossorigin: a panel has no origin',
      '@font-face: a panel has no origin',
      'import: modules do not load in a panel',
      'a script stands in the page: give it a file of its own',
      'onclick="…" is a script in the page: add the listener in a file',
      '<iframe>: nothing is embedded in a panel',
      'missing.png is not a file of the plugin',
      'javascript:…" is a script in the page',
      '//example.org/x.png: a panel has no network',
      'fetch: a panel has no network',
      'localStorage: a panel has no storage',
      'new Function: text is not run as code',
    ])
      expect(told).toContain(word);
    expect(panelFaults({ path: 'a.js', text: 'export const a = 1;' }, () => true)).toEqual([
      expect.stringContaining('modules do not load'),
    ]);
    expect(
      panelFaults({ path: 'a.js', text: 'const important = 1; exported(important);' }, () => true),
    ).toEqual([]);
    expect(panelFaults({ path: 'a.js', text: '// fetch() is not for panels\n' }, () => true)).toEqual([]);
  });
});
