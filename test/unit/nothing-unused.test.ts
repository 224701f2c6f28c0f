/** What no compiler sees unused: calls that nobody makes, commands that nothing gives, commands that nobody has. */
import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { contract } from '../../src/common/contract/contract.ts';
import { commands } from '../../src/renderer/actions/registry.ts';
import { MENUS } from '../../src/renderer/commands/menus.ts';

const inMenus = () =>
  Object.values(MENUS).flatMap((ids) => ids.filter((id) => id !== null && id !== 'recent')) as string[];

const textOf = (pattern: string) =>
  globSync(pattern)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');

it('every call of the contract is made by the page, the command line or the shell', () => {
  const callers = textOf('src/{renderer,main/cli,main/app}/**/*.{ts,tsx}');
  expect(Object.keys(contract).filter((name) => !callers.includes(`'${name}'`))).toEqual([]);
});

it('every command has a key, a button or a place in the menu, and every button a command', () => {
  const page = textOf('src/renderer/**/*.{ts,tsx}');
  const given = new Set<string>([
    ...inMenus(),
    ...[...page.matchAll(/\brun\('([a-z]+\.\w+)'\)|\bid=(?:"|\{')([a-z]+\.\w+)/gi)].map(
      (found) => found[1] ?? found[2]!,
    ),
  ]);
  const have = new Set(commands.map(({ id }) => id));
  expect([...given].filter((id) => !have.has(id))).toEqual([]);
  expect(commands.filter(({ id, keys }) => keys.length === 0 && !given.has(id)).map(({ id }) => id)).toEqual(
    [],
  );
});
