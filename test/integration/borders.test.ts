import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { areaOf, faults, mayImport, mayKnow, unusedFaults } from '../../tools/borders/check.ts';
import { readImports } from '../../tools/borders/imports.ts';
import { AREAS, LIBRARIES, REGISTRIES } from '../../tools/borders/rules.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const sources = globSync('src/**/*.{ts,tsx,js}', { cwd: root }).map((path) => path.replaceAll('\\', '/'));
/** What a registry hands out is imported by nobody else, whoever knows its area. */
const open = sources.filter((path) =>
  REGISTRIES.every(({ file }) => !path.startsWith(`src/${dirname(file)}/`) || path === `src/${file}`),
);
/** Something to import of every area, and every file that a rule names. */
const targets = [
  ...new Map(open.map((path) => [areaOf(path).path, path])).values(),
  ...sources.filter((path) => AREAS.some(({ knows }) => knows.some((name) => path.endsWith(`/${name}`)))),
];
const packages = LIBRARIES.map(({ name }) => name).filter((name) => name !== 'package.json');

/** What a new file of each area would be told, one import a line. */
const cases = AREAS.map((area) => {
  const others = targets.filter((path) => areaOf(path) !== area);
  const from = `src/${area.path}/new.ts`;
  const allowedPackages = LIBRARIES.filter(({ by }) => mayImport(by, from)).map(({ name }) => name);
  const sorted = (known: boolean) => [
    ...others.filter((path) => mayKnow(root, area, path) === known),
    ...packages.filter((name) => allowedPackages.includes(name) === known),
  ];
  return { area, from, allowed: sorted(true), forbidden: sorted(false) };
});

/** Borders that the rules must hold whatever they say: each of these once was, or would be, a way around a door. */
const FORBIDDEN: readonly [file: string, statement: string][] = [
  ['src/common/settings/settings.ts', "import 'node:fs';"],
  ['src/common/errors.ts', "import '../main/engine/render/render.ts';"],
  ['src/renderer/engine.ts', "import '../main/engine/render/render.ts';"],
  ['src/renderer/ui/Button.tsx', "import '../store/view.ts';"],
  ['src/renderer/ui/Select.tsx', "import type { Take } from '../../common/project/document.ts';"],
  ['src/renderer/ui/Sheet.tsx', "import '../actions/registry.ts';"],
  ['src/renderer/takes/Takes.tsx', "import '../timeline/scene.ts';"],
  ['src/renderer/store/view.ts', "import '../actions/registry.ts';"],
  ['src/renderer/main.tsx', "import 'better-sqlite3';"],
  ['src/preload/index.ts', "import 'onnxruntime-node';"],
  ['src/main/app/menu.ts', "import '../engine/render/render.ts';"],
  ['src/main/cli/main.ts', "import 'better-sqlite3';"],
  ['src/main/cli/output.ts', "import 'electron';"],
  ['src/main/engine/render/render.ts', "import 'electron';"],
  ['src/main/engine/onnx/ort.ts', "import 'better-sqlite3';"],
  ['src/main/engine/onnx/probe.ts', "import 'onnxruntime-node';"],
  ['src/main/engine/onnx/provider.ts', "const late = await import('onnxruntime-node');"],
  ['src/main/engine/onnx/slim.ts', "type Late = typeof import('onnxruntime-node');"],
  ['src/main/engine/storage/db.ts', "import 'onnxruntime-node';"],
  ['src/main/engine/storage/rebuildable.ts', "export * from 'better-sqlite3';"],
  ['src/main/engine/media/ffmpeg-process.ts', "import 'electron';"],
  ['src/main/engine/media/decode.ts', "import { spawn } from 'node:child_process';"],
  ['src/main/engine/models/open.ts', 'const any = await import(process.env.ANY!);'],
  ['src/main/engine/diffusion/run.ts', "import '../onnx/ort.ts';"],
  ['src/main/engine/diffusion/noise.ts', "import 'node:fs/promises';"],
  ['src/main/engine/methods/mix.ts', "import '../models/open.ts';"],
  ['src/main/engine/methods/sdedit.ts', "import 'zod-of-another-house';"],
  ['src/main/engine/progress.ts', "import '../../../test/helpers/clips.ts';"],
];

describe('borders', () => {
  let copy = '';
  let found: readonly string[] = [];

  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), text);
  };

  /** All violations at once in a copy, so that the real tree never holds one. */
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'retake-borders-'));
    for (const part of ['src', 'package.json', 'docs/architecture.md'])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    for (const { from, forbidden, allowed } of cases) {
      write(from, importing(from, forbidden));
      write(from.replace('new.ts', 'welcome.ts'), importing(from, allowed));
    }
    for (const [file, statement] of FORBIDDEN) appendFileSync(join(copy, file), `${statement}\n`);
    write('src/main/engine/queue/round.ts', "import type {} from './about.ts';\n");
    write('src/main/engine/queue/about.ts', "export type {} from './round.ts';\n");
    write('src/main/engine/annexe/new.ts', 'export {};\n');
    write(
      'docs/architecture.md',
      readFileSync(join(root, 'docs/architecture.md'), 'utf8').replace(
        /^\| `src\/main\/engine\/media`.*\n/m,
        '| `src/main/engine/cellar` | wine | nobody |\n',
      ),
    );
    write(
      'package.json',
      readFileSync(join(root, 'package.json'), 'utf8').replace(
        '"better-sqlite3": "',
        '"sqlite-again": "1.0.0", "better-sqlite3": "',
      ),
    );
    found = faults(copy);
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  const at = (path: string) => found.filter((fault) => fault.startsWith(`${path}:`));

  it.each(cases)('$area.path knows whom its row names and nobody else', ({ from, forbidden }) => {
    const lines = at(from).map((fault) => Number(fault.slice(from.length + 1).split(' ')[0]));
    expect(lines).toEqual(forbidden.map((_, index) => index + 1));
    expect(forbidden.length).toBeGreaterThan(0);
    expect(at(from.replace('new.ts', 'welcome.ts'))).toEqual([]);
  });

  it.each(FORBIDDEN)('%s may not: %s', (file, statement) => {
    const lines = readFileSync(join(copy, file), 'utf8').split('\n');
    expect(at(file)).toEqual([
      expect.stringContaining(`${file}:${lines.lastIndexOf(statement) + 1} imports `),
    ]);
  });

  it.each(LIBRARIES)('$name is refused somewhere, and its doors are used', ({ name, by }) => {
    const wanted = name === 'node:*' ? 'node:path' : name;
    expect(found.some((fault) => fault.includes(` imports ${wanted}: only `))).toBe(name !== 'package.json');
    for (const door of by.filter((one) => !one.startsWith('!')))
      expect(mayImport(by, `src/${door}`), door).toBe(true);
  });

  it('finds circles, also of types alone', () => {
    const [one, two] = ['src/main/engine/queue/about.ts', 'src/main/engine/queue/round.ts'];
    expect(found).toContain(`a circle: ${one} → ${two} → ${one}`);
  });

  it('finds folders, rows and dependencies that nobody named', () => {
    expect(found).toContainEqual(expect.stringMatching(/^src\/main\/engine\/annexe has no row/));
    expect(found).toContainEqual(expect.stringMatching(/src\/main\/engine\/media has no row/));
    expect(found).toContainEqual(expect.stringMatching(/src\/main\/engine\/cellar has a row there/));
    expect(found).toContainEqual(expect.stringMatching(/^sqlite-again is a dependency without a row/));
  });

  it('says nothing else', () => {
    const told = [...cases.map(({ from }) => from), ...FORBIDDEN.map(([file]) => file)];
    const others = found.filter((fault) => !told.some((path) => fault.startsWith(`${path}:`)));
    expect(others.filter((fault) => !fault.startsWith('a circle: '))).toHaveLength(4);
  });

  it('keeps fetch to the downloader and to what asks schedulers', () => {
    const asking = "export const answer = await fetch('https://example.org');\n";
    const files = [
      'src/main/engine/library/other.ts',
      'src/common/asks.ts',
      'src/main/engine/library/fetch-file.ts',
      'src/main/engine/farm/drivers/server.ts',
    ];
    for (const file of files) write(file, asking);
    cpSync(join(root, 'biome.json'), join(copy, 'biome.json'));
    cpSync(join(root, 'tools/lint'), join(copy, 'tools/lint'), { recursive: true });
    const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
    const args = [biome, 'lint', '--vcs-enabled=false', '--reporter=json', ...files];
    const run = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
    const told = JSON.parse(run.stdout).diagnostics as { category: string; location: { path: unknown } }[];
    expect(told.map(({ category }) => category)).toEqual(Array(2).fill('lint/style/noRestrictedGlobals'));
    expect(JSON.stringify(told)).not.toMatch(/(fetch-file|server)\.ts"/);
  });

  it('holds in the tree, from the command line', () => {
    const check = join(root, 'tools/borders/check.ts');
    expect(spawnSync(process.execPath, [check], { cwd: root, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
    // It tells a megabyte and more.
    const whole = { cwd: copy, encoding: 'utf8', maxBuffer: 1e8 } as const;
    expect(spawnSync(process.execPath, [check], whole).status).toBe(1);
  });

  it('a row allows nothing that nobody uses', () => {
    const imports = readImports(root);
    expect(unusedFaults(root, imports)).toEqual([]);
    const without = imports.filter(({ from }) => !from.startsWith('src/renderer/commands/'));
    const unused = unusedFaults(root, without).join('\n');
    expect(unused).toContain('src/renderer/commands may know keyboard');
  });
});

function importing(from: string, what: readonly string[]): string {
  const statement = (path: string) => {
    const near = posix.relative(posix.dirname(from), path);
    if (!path.startsWith('src/')) return path === 'node:*' ? 'node:path' : path;
    return near.startsWith('.') ? near : `./${near}`;
  };
  return what.map((path) => `import '${statement(path)}';\n`).join('');
}
