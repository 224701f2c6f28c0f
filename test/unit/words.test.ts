/** Artists' words everywhere, papers' words where they are looked for: in tooltips, in the terminal's help, and in the manual's one table. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Flag } from '../../src/common/settings/field.ts';
import { isSameWord } from '../../src/common/settings/field.ts';
import { settingWord } from '../../src/common/settings/setting-word.ts';
import { SETTINGS } from '../../src/common/settings/settings.ts';
import { methods, paramsSchema } from '../../src/main/engine/methods/registry.ts';

const MANUAL = resolve(import.meta.dirname, '../../docs/manual.md');

/** Of papers and of code; "noise" is also grain, and stays. */
const PAPERS =
  /\b(inver(?:t(?:s|ed|ing)?|sions?)|latents?|denois\w*|sampling|guidance|solvers?|U-?Nets?|VAE|CFG|classifier|attention|tokens?|epsilon-|timesteps?|residuals?|embedding space|bundles?|providers?|prior|posterior|x0|x̂0|DDIM|checkpoints?)\b/i;

interface Said {
  readonly title?: string;
  readonly term?: string;
  readonly description?: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly enum?: readonly unknown[];
}

const paramsOf = (method: (typeof methods.list)[number]) =>
  Object.entries((paramsSchema(method).properties ?? {}) as Record<string, Said>);

/** All that a form says, with where it stands. */
const said: readonly (readonly [where: string, text: string])[] = [
  ...SETTINGS.fields.flatMap(({ path, label, help, widget }) => [
    [path, label] as const,
    [path, help] as const,
    ...(widget.kind === 'choice' ? (widget.options ?? []) : []).flatMap(({ name, note }) => [
      [path, name] as const,
      [path, note ?? ''] as const,
    ]),
  ]),
  ...methods.list.flatMap((method) => [
    [method.id, method.label] as const,
    [method.id, method.summary] as const,
    ...paramsOf(method).flatMap(([key, one]) => [
      [`${method.id} ${key}`, one.title ?? ''] as const,
      [`${method.id} ${key}`, one.description ?? ''] as const,
      ...Object.values(one.names ?? {}).map((name) => [`${method.id} ${key}`, name] as const),
    ]),
  ]),
];

describe('what a form says', () => {
  it('is in artists’ words', () => {
    expect(said.length).toBeGreaterThan(100);
    expect(said.filter(([, text]) => PAPERS.test(text))).toEqual([]);
    expect(PAPERS.test('Fixed-point iterations per inversion step')).toBe(true);
  });

  it('has a word for every parameter and every choice of the methods', () => {
    const silent = methods.list.flatMap((method) =>
      paramsOf(method).flatMap(([key, one]) => [
        ...(one.title && one.description ? [] : [`${method.id} ${key}`]),
        ...(one.enum ?? [])
          .filter((choice) => one.names?.[String(choice)] === undefined)
          .map((choice) => `${method.id} ${key}=${String(choice)}`),
      ]),
    );
    expect(silent).toEqual([]);
  });

  it('calls no two settings, and no two parameters of a method, the same', () => {
    const doubled = (names: readonly string[]) => names.filter((one, i) => names.indexOf(one) !== i);
    const labels = SETTINGS.fieldsOf('shot').map(({ label }) => label);
    for (const method of methods.list)
      expect(doubled([...labels, ...paramsOf(method).map(([, { title }]) => title!)])).toEqual([]);
    expect(doubled(methods.list.map(({ label }) => label))).toEqual([]);
  });
});

it('a message names a setting by both words, or by the one that they share', () => {
  expect(settingWord('prompts.negative')).toBe('“What to avoid” (negative-prompt)');
  expect(settingWord('sampling.steps')).toBe('“Steps”');
});

it('the manual has every word in its one table, and no other', () => {
  const flag = (flags: readonly Flag[]) => flags.map(({ name }) => `\`--${name}\``)[0] ?? '';
  const rows = [
    '| In the window | On the command line | In papers |',
    '| --- | --- | --- |',
    ...SETTINGS.fields
      .filter(({ label, term, flags: [first] }) => term || (first && !isSameWord(label, first.name)))
      .filter(({ widget }) => widget.kind !== 'parameters')
      .map(({ label, term, flags }) => `| ${label} | ${flag(flags)} | ${term ?? ''} |`),
    ...methods.list.flatMap((method) => [
      `| **${method.label}** | \`--method ${method.id}\` | ${method.term ?? ''} |`,
      ...paramsOf(method).map(([key, { title, term }]) => `| · ${title} | \`-p ${key}=…\` | ${term ?? ''} |`),
    ]),
  ];
  const [, section = ''] = readFileSync(MANUAL, 'utf8').split('\n## Words\n');
  const table = section
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'));
  expect(table.join('\n')).toBe(rows.join('\n'));
});
