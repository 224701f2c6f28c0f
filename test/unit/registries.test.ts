/**
 * What comes with Retake goes the way of plugins: every registry of the source is found here by itself, what it holds is of
 * a built-in plugin, and nobody else hands anything in. That nobody goes round a registry is held by the borders.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TAKE_FORMATS, takeFormats } from '../../src/common/formats/registry.ts';
import { BUILT_IN, isBuiltIn } from '../../src/common/plugins/built-in.ts';
import { Registry } from '../../src/common/plugins/registry.ts';
import { besideRegistries } from '../../tools/borders/check.ts';
import { REGISTRIES } from '../../tools/borders/rules.ts';

const root = join(import.meta.dirname, '../..');
const sources = globSync('src/**/*.{ts,tsx}', { cwd: root }).map((path) => path.replaceAll('\\', '/'));
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
const homes = sources.filter((path) => textOf(path).includes('new Registry<'));

// Who contributes the models that come with Retake: where they lie is found at the start.
await import('../../src/main/engine/library/built-in.ts');

/** In a process that has started nothing: no plugin of others has had its turn. */
const found: { readonly home: string; readonly registry: Registry<{ readonly id: string }> }[] = [];
for (const home of homes) {
  const module: Record<string, unknown> = await import(join(root, home));
  const registries = Object.values(module).filter((one) => one instanceof Registry);
  // One that is not handed out could not be looked into here.
  if (registries.length === 0) throw new Error(`${home} has a registry that it keeps to itself`);
  for (const registry of registries) found.push({ home, registry });
}

describe.each(found.map((one) => [one.registry.what, one] as const))(
  'the registry of each %s',
  (_what, one) => {
    const { registry } = one;

    it('holds what built-in plugins contribute, by bare ids', () => {
      for (const { id } of registry.list) {
        expect([id, isBuiltIn(registry.ownerOf(id)!)]).toEqual([id, true]);
        expect(id).not.toContain('/');
      }
    });

    it('is withdrawn from by id, and never of what is built in', () => {
      const before = registry.list;
      registry.withdraw('org.example.none');
      expect(registry.list).toEqual(before);
      expect(() => registry.withdraw('retake.methods')).toThrow(/not withdrawn/);
    });
  },
);

it('every built-in plugin contributes, and nobody else', () => {
  const owners = new Set(
    found.flatMap(({ registry }) => registry.list.map(({ id }) => registry.ownerOf(id))),
  );
  expect([...owners].map((owner) => owner!.id).sort()).toEqual(
    Object.values(BUILT_IN)
      .map(({ id }) => id)
      .sort(),
  );
});

it('take formats are all of Retake, for arguments of ffmpeg are not for strangers', () => {
  expect(takeFormats.list.map(({ id }) => id)).toEqual(TAKE_FORMATS);
  expect(sources.filter((path) => textOf(path).includes('takeFormats.contribute('))).toEqual([
    'src/common/formats/registry.ts',
  ]);
});

it('nobody contributes in the name of Retake but where a registry is, and where the shipped model is looked for', () => {
  const asRetake = sources.filter((path) => textOf(path).includes('.contribute(BUILT_IN.'));
  expect(asRetake.filter((path) => !homes.includes(path))).toEqual(['src/main/engine/library/built-in.ts']);
});

it('whoever else contributes says whose it is by the facts that were read from its manifest', () => {
  const calls = sources.flatMap((path) =>
    [...textOf(path).matchAll(/\.contribute\(\s*([\w.]+)/g)].map(([, whose = '']) => `${path}: ${whose}`),
  );
  expect(calls.length).toBeGreaterThan(5);
  expect(calls.filter((call) => !/: (BUILT_IN\.\w+|facts|plugin|from\.plugin)$/.test(call))).toEqual([]);
});

it('an import that goes round a registry is a fault of the borders', () => {
  for (const { file } of REGISTRIES) {
    const folder = `src/${file.replace(/[^/]*$/, '')}`;
    const entry = `${folder}new.ts`;
    const one = (from: string, to: string) => ({ from, line: 1, file: to, library: null });
    const inside = [one(`src/${file}`, entry), one(`${folder}other.ts`, entry), one('test/unit/x.ts', entry)];
    expect(besideRegistries(inside)).toEqual([]);
    expect(besideRegistries([...inside, one('src/main/engine/render/x.ts', entry)])).toEqual([
      `src/main/engine/render/x.ts:1 imports ${entry}: it is got from src/${file}`,
    ]);
  }
});
