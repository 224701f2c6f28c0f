/** One lock file serves every platform: `npm install --package-lock-only` puts in what an install on one left out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

interface Entry {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8'));
const packages: Readonly<Record<string, Entry>> = lock.packages;

/** Folders in which a package is looked for, from the asking one's own outwards. */
function* places(from: string): Generator<string> {
  for (
    let folder = from;
    folder !== '';
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  ) {
    yield `${folder}/node_modules/`;
  }
  yield 'node_modules/';
}

it('holds the builds of every platform', () => {
  const asked = Object.entries(packages).flatMap(([folder, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).map((name) => ({ folder, name })),
  );
  expect(asked.some(({ name }) => name.includes('win32'))).toBe(true);
  const missing = asked.filter(
    ({ folder, name }) => ![...places(folder)].some((place) => place + name in packages),
  );
  expect(missing).toEqual([]);
});

it('knows every package by its digest, and no registry by its address', () => {
  const { '': own, ...others } = packages;
  expect(own).toBeDefined();
  const strange = Object.entries(others).filter(([, { integrity, resolved }]) => !integrity || resolved);
  expect(strange).toEqual([]);
});
