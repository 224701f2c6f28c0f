/** Styles are modules beside their components: what a component asks for is there, and what is there is asked for. */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { preprocessCSS, resolveConfig } from 'vite';
import { describe, expect, it } from 'vitest';

const PAGE = resolve(import.meta.dirname, '../../src/renderer');
const config = await resolveConfig({ configFile: false, root: PAGE, logLevel: 'silent' }, 'build');
const all = await readdir(PAGE, { recursive: true });
const sheets = all.filter((name) => name.endsWith('.css'));
const sources = all.filter((name) => /\.tsx?$/.test(name));

/** Class names of a module as Vite tells them to the component. */
async function classesOf(code: string, path: string): Promise<Set<string>> {
  return new Set(Object.keys((await preprocessCSS(code, path, config)).modules ?? {}));
}

/** Of every style module that a source imports, the names it asks for; a name that is computed is refused. */
function usesOf(code: string, path: string): { sheet: string; names: string[]; computed: boolean }[] {
  return [...code.matchAll(/^import (\w+) from '(\.[^']+\.module\.css)';$/gm)].map(([line, name, from]) => {
    const rest = code.replace(line, '').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    const names = [...rest.matchAll(new RegExp(`(?<![\\w.'])${name}\\.(\\w+)`, 'g'))].map((one) => one[1]!);
    return {
      sheet: resolve(dirname(path), from!),
      names,
      computed: new RegExp(`(?<![\\w.'])${name}\\s*[[,;)}]`).test(rest),
    };
  });
}

interface Faults {
  readonly missing: string[];
  readonly unused: string[];
  readonly computed: string[];
}

async function faultsOf(
  files: ReadonlyMap<string, string>,
  modules: ReadonlyMap<string, string>,
): Promise<Faults> {
  const left = new Map<string, Set<string>>();
  const classes = new Map<string, Set<string>>();
  for (const [path, code] of modules) {
    classes.set(path, await classesOf(code, path));
    left.set(path, await classesOf(code, path));
  }
  const faults: Faults = { missing: [], unused: [], computed: [] };
  for (const [path, code] of files) {
    for (const { sheet, names, computed } of usesOf(code, path)) {
      if (computed) faults.computed.push(`${path}: ${sheet}`);
      for (const name of names) {
        if (!classes.get(sheet)?.has(name)) faults.missing.push(`${path}: ${name} of ${sheet}`);
        left.get(sheet)?.delete(name);
      }
    }
  }
  for (const [path, names] of left) for (const name of names) faults.unused.push(`${path}: ${name}`);
  return faults;
}

const read = (names: readonly string[]) =>
  new Map(names.map((name) => [join(PAGE, name), readFileSync(join(PAGE, name), 'utf8')]));

describe('styles of the page', () => {
  it('have every class that a component asks for, and no other', async () => {
    const modules = read(sheets.filter((name) => name.endsWith('.module.css')));
    expect(modules.size).toBeGreaterThan(30);
    expect(await faultsOf(read(sources), modules)).toEqual({ missing: [], unused: [], computed: [] });
  });

  it('are global in the theme alone, and there no class is', async () => {
    expect(sheets.filter((name) => !name.endsWith('.module.css')).sort()).toEqual([
      'theme.css',
      'tokens.css',
    ]);
    const theme = readFileSync(join(PAGE, 'theme.css'), 'utf8');
    expect(theme.replace(/\/\*[\s\S]*?\*\//g, '')).not.toMatch(/\.[a-z][\w-]*[^{};]*\{/);
  });

  it('are never named by a bare word', () => {
    const bare = sources.filter((name) => /className="/.test(readFileSync(join(PAGE, name), 'utf8')));
    expect(bare).toEqual([]);
  });
});

it('a class that is missing, unused or computed is found', async () => {
  const sheet = join(PAGE, 'a/A.module.css');
  const code = "import styles from './A.module.css';\nconst a = styles.there + styles.gone + styles[way];\n";
  const faults = await faultsOf(
    new Map([[join(PAGE, 'a/A.tsx'), code]]),
    new Map([[sheet, '.there { color: red } .idle { color: red }']]),
  );
  expect(faults.missing).toEqual([`${join(PAGE, 'a/A.tsx')}: gone of ${sheet}`]);
  expect(faults.unused).toEqual([`${sheet}: idle`]);
  expect(faults.computed).toHaveLength(1);
});
