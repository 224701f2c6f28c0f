/** A setting is declared once; everything that offers, checks, keeps or depends on it is made from there. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import {
  type Catalogue,
  catalogueOf,
  mergeGroups,
  valuesInWords,
} from '../../src/common/settings/catalogue.ts';
import { field } from '../../src/common/settings/field.ts';
import { groupsOfFlat } from '../../src/common/settings/flat.ts';
import { parseModelSettings } from '../../src/common/settings/model-settings.ts';
import { GROUPS, SETTINGS } from '../../src/common/settings/settings.ts';
import { addEditOptions, type EditFlags, editRequest } from '../../src/main/cli/edit-options.ts';
import { complete } from '../../src/main/engine/recipe/model-settings.ts';
import { settings as plain } from '../helpers/job-settings.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

/** As it would stand in a group's file. */
const sharpness = field(z.number().min(0).max(2).default(0.5), {
  label: 'Sharpness',
  help: 'How crisp the take is',
  widget: { kind: 'slider', step: 0.1 },
  scope: 'look',
  flags: [{ name: 'sharpness', metavar: 's', aliases: ['crispness'] }],
  affects: ['inversion', 'sampling'],
});
const grown = (one: typeof sharpness) =>
  catalogueOf({ ...GROUPS, sampling: { ...GROUPS.sampling, sharpness: one } });
const more = grown(sharpness);
/** For functions that are typed by the settings there are. */
const like = more as unknown as typeof SETTINGS;

const PROMPTS = ['--bundle', 'b', '--source-prompt', 'a', '--prompt', 'b', '--out', 'take.mov'];
function asked(...args: string[]) {
  const command = addEditOptions(new Command('edit').exitOverride().argument('<clip>'), like);
  command.configureOutput({ writeErr: () => {} }).parse(['clip.mov', ...PROMPTS, ...args], { from: 'user' });
  return editRequest('clip.mov', command.opts<EditFlags>(), like) as unknown as {
    sampling?: { sharpness?: number };
  };
}

it('several anchors are a list on the command line, whose first leads where none is named', () => {
  const guideOf = (...flags: string[]) => {
    const command = addEditOptions(new Command('edit'));
    const needed = ['--bundle', 'b', '--source-prompt', 'a', '--prompt', 'b', '--out', 't.mov'];
    command.parse([...needed, ...flags], { from: 'user' });
    return editRequest('clip.mov', command.opts<EditFlags>()).guide;
  };
  expect(guideOf('--anchors', '3, 0,12')).toEqual({ anchors: [3, 0, 12], anchor: 3 });
  expect(guideOf('--anchor', '5', '--anchors', '3', '--from', '2')).toEqual({ anchors: [3], anchor: 5 });
  expect(guideOf('--from', '2')).toEqual({ anchor: 2 });
});

it('painted frames are told by frame and file on the command line, frames of movies after an @', () => {
  const guideOf = (...flags: string[]) => {
    const command = addEditOptions(new Command('edit'));
    const needed = ['--bundle', 'b', '--source-prompt', 'a', '--prompt', 'b', '--out', 't.mov'];
    command.parse([...needed, ...flags], { from: 'user' });
    return editRequest('clip.mov', command.opts<EditFlags>()).guide?.pictures;
  };
  const dir = tempFolder();
  const named = join(dir, 'take@2');
  writeFileSync(named, '');
  expect(guideOf()).toBeUndefined();
  expect(guideOf('--picture', '12=a=b.png', '--picture', '3=take.mov@7', '--picture', `4=${named}`)).toEqual([
    { frame: 12, path: resolve('a=b.png'), at: 0 },
    { frame: 3, path: resolve('take.mov'), at: 7 },
    { frame: 4, path: named, at: 0 },
  ]);
  expect(() => guideOf('--picture', 'painted.png')).toThrow('--picture wants frame=file, not "painted.png"');
  const twice = ['--picture', '1=a.png', '--picture', '1=b.png'];
  expect(() => guideOf(...twice)).toThrow(/painted frames \(picture\) has two for the same frame/);
});

it('LoRAs are told by file on the command line, their strength after the last colon', () => {
  const lorasOf = (...files: string[]) => {
    const command = addEditOptions(new Command('edit'));
    const needed = ['--model', 'b', '--source-prompt', 'a', '--prompt', 'b', '--out', 't.mov'];
    command.parse([...needed, ...files.flatMap((file) => ['--lora', file])], { from: 'user' });
    return editRequest('clip.mov', command.opts<EditFlags>()).model.loras;
  };
  const named = join(tempFolder(), 'a:2');
  writeFileSync(named, '');
  expect(lorasOf()).toBeUndefined();
  expect(lorasOf('a.safetensors', 'b:c.safetensors:-.5', 'd:1.25', 'C:\\e.safetensors', named)).toEqual([
    { path: resolve('a.safetensors') },
    { path: resolve('b:c.safetensors'), strength: -0.5 },
    { path: resolve('d'), strength: 1.25 },
    { path: resolve('C:\\e.safetensors') },
    { path: named },
  ]);
  expect(() => lorasOf('a:1000')).toThrow(/loras 0 strength must be 100 or less/);
});

it('a share of the steps is told from its start to its end, in parts of one or in percent', () => {
  const rangeOf = (text: string, flag = '--guidance-range') =>
    (asked(flag, text).sampling as { guidanceRange: object }).guidanceRange;
  for (const text of ['0-0.6', '0..0.6', '0-60%', '0%-60%', '0.6', '60%', ' 0 – .6 '])
    expect(rangeOf(text), text).toEqual({ from: 0, to: 0.6 });
  expect(rangeOf('0.2-0.8', '--guidance-interval')).toEqual({ from: 0.2, to: 0.8 });
  expect(() => rangeOf('some')).toThrow('--guidance-range wants from-to in shares of the steps');
  expect(() => rangeOf('0.6-0.6')).toThrow('prompt-led steps (guidance-range) ends before it starts');
  expect(() => rangeOf('0-60')).toThrow('prompt-led steps (guidance-range) to must be 1 or less');
});

describe('a setting that is added to a group', () => {
  it('is in the help, with its limits and its default', () => {
    const help = addEditOptions(new Command('edit'), like).helpInformation().replace(/\s+/g, ' ');
    expect(help).toContain(
      '--sharpness <s> how crisp the take is (0 to 2; 0.5 unless the model says another)',
    );
    expect(help).not.toContain('--crispness');
  });

  it('is read from the command line, by its old name too, and refused there', () => {
    expect(asked('--sharpness', '1.2').sampling).toEqual({ sharpness: 1.2 });
    expect(asked('--crispness', '1.2').sampling).toEqual({ sharpness: 1.2 });
    expect(asked().sampling).toBeUndefined();
    expect(() => asked('--sharpness', 'very')).toThrow('--sharpness wants a number, not "very"');
    expect(() => asked('--sharpness', '3')).toThrow('sharpness must be 2 or less');
  });

  it('is in what the form draws', () => {
    const drawn = more.fieldsOf('shot').find(({ path }) => path === 'sampling.sharpness');
    expect(drawn).toMatchObject({ label: 'Sharpness', widget: { kind: 'slider' } });
    expect(drawn!.limits).toMatchObject({ kind: 'number', min: 0, max: 2, default: 0.5 });
    expect(more.defaults).toMatchObject({ sampling: { sharpness: 0.5, steps: 50 } });
  });

  it('is of every shot, kept in presets, and copied to other shots', () => {
    const shot = more.shot.parse({ sampling: { sharpness: 1 } });
    expect(shot).toMatchObject({ sampling: { sharpness: 1, seed: 0 } });
    expect(() => more.shot.parse({ sampling: { sharpness: 3 } })).toThrow();
    for (const scope of ['preset', 'look'] as const)
      expect(more.pick(shot, scope).sampling).toMatchObject({ sharpness: 1 });
    expect(more.preset.parse(more.pick(shot, 'preset')).sampling).toMatchObject({ sharpness: 1 });
  });

  it('may come with a model, and the report says whose it is', () => {
    const { values, problems } = parseModelSettings({ sampling: { sharpness: 1.5 } }, like);
    expect([values, problems]).toEqual([{ sampling: { sharpness: 1.5 } }, []]);
    expect(parseModelSettings({ sampling: { sharpness: 9 } }, like).problems).toEqual([
      '"sampling.sharpness" must be 2 or less',
    ]);
    const { origins: _, ...request } = plain;
    const open = like.asked.parse({ ...request, sampling: {} });
    const done = complete(open, values, like);
    expect(done).toMatchObject({ sampling: { sharpness: 1.5, steps: 50 } });
    expect(done.origins['sampling.sharpness']).toBe('model');
    expect(valuesInWords({ sampling: done.sampling }, more.fields)).toContain('sharpness 1.5');
  });

  const digestOf = (settings: Catalogue, values: object) =>
    createHash('sha256')
      .update(JSON.stringify(settings.valuesThatAffect(values, 'inversion')))
      .digest('hex');
  const at = (value: number) => ({ ...plain, sampling: { ...plain.sampling, sharpness: value } });

  it('is in the key of what depends on it', () => {
    const all = more as unknown as Catalogue;
    expect(digestOf(all, at(0.5))).not.toBe(digestOf(all, at(0.6)));
    expect(more.valuesThatAffect(at(0.6), 'take')).not.toContainEqual(['sampling.sharpness', 0.6]);
  });

  it('changes no key of what does not depend on it, nor at the value at which it does nothing', () => {
    const known = SETTINGS as unknown as Catalogue;
    const elsewhere = grown({ ...sharpness, affects: ['take'] }) as unknown as Catalogue;
    expect(digestOf(elsewhere, at(0.6))).toBe(digestOf(known, plain));
    const neutral = grown({ ...sharpness, neutral: 0.5 }) as unknown as Catalogue;
    expect(digestOf(neutral, at(0.5))).toBe(digestOf(known, plain));
    expect(digestOf(neutral, at(0.6))).not.toBe(digestOf(known, plain));
  });
});

describe('the settings there are', () => {
  test.each(SETTINGS.fields.map((one) => [one.path, one] as const))('%s is described', (_, one) => {
    expect(one.label).toMatch(/^[A-Z]/);
    expect(one.help).toMatch(/^[A-Z].*[^.]$/);
    expect(one.affects.length).toBeGreaterThan(0);
    // What a model may choose or a shot may leave open has a default of Retake's.
    if (one.scope !== 'request') expect((one.draft ?? one.schema).safeParse(undefined).success).toBe(true);
    const { widget, limits } = one;
    if (widget.kind === 'slider')
      expect(limits).toMatchObject({ min: expect.any(Number), max: expect.any(Number) });
    // A form may offer fewer than the command line.
    if (widget.kind === 'choice' && limits.choices && widget.options)
      expect(limits.choices).toEqual(expect.arrayContaining(widget.options.map(({ id }) => id)));
  });

  test('no two flags have one name', () => {
    const names = SETTINGS.fields.flatMap(({ flags }) =>
      flags.flatMap(({ name, short, aliases = [] }) => [name, ...(short ? [short] : []), ...aliases]),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  test('keys take what they always took', () => {
    const of = (what: 'inversion' | 'sampling') =>
      SETTINGS.valuesThatAffect(plain, what).map(([path]) => path);
    const both = ['sampling.schedule', 'sampling.solver', 'sampling.steps'];
    expect(of('inversion')).toEqual(['inversion.mode', 'inversion.refinement', 'prompts.source', ...both]);
    const noise = [
      'sampling.guidance',
      'sampling.schedule',
      'sampling.seed',
      'sampling.solver',
      'sampling.steps',
    ];
    const prompts = ['prompts.negative', 'prompts.source', 'prompts.target'];
    expect(of('sampling')).toEqual([
      'guide.anchor',
      'guide.keep',
      'method.id',
      'method.params',
      ...prompts,
      ...noise,
    ]);
    const led = mergeGroups(plain, { guide: { anchors: [4] } });
    const added = SETTINGS.valuesThatAffect(led, 'sampling').filter(([path]) => path === 'guide.anchors');
    expect(added).toEqual([['guide.anchors', [4]]]);
  });
});

test('a shot’s own settings stay where its place and its project add theirs to a group', () => {
  const merged = mergeGroups(
    { output: { note: 'a' }, guide: { keep: 1 } },
    { output: { path: 'b' }, guide: { keep: 0 } },
  );
  expect(merged).toEqual({ output: { note: 'a', path: 'b' }, guide: { keep: 0 } });
});

describe('flat settings of before', () => {
  it('are put into groups, with whose they were', () => {
    const flat = { method: 'mix', inversion: 'lower', out: 'a.mov', origins: { steps: 'asked' }, odd: 1 };
    expect(groupsOfFlat(flat)).toEqual({
      method: { id: 'mix' },
      inversion: { mode: 'lower' },
      output: { path: 'a.mov' },
      origins: { 'sampling.steps': 'asked' },
      odd: 1,
    });
  });

  it.each([[plain], [null], ['text'], [[1, 2]], [{}]])('leaves what is none as it is: %j', (value) => {
    expect(groupsOfFlat(value)).toEqual(value);
  });
});
