import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { MethodInfo } from '../../src/common/contract/machine.ts';
import type { Shot } from '../../src/common/project/document.ts';
import { catalogueOf } from '../../src/common/settings/catalogue.ts';
import { newControl } from '../../src/common/settings/controls.ts';
import { field } from '../../src/common/settings/field.ts';
import { FOLDS } from '../../src/common/settings/folds.ts';
import { shortWords } from '../../src/common/settings/in-words.ts';
import { GROUPS, SETTINGS } from '../../src/common/settings/settings.ts';
import { duration } from '../../src/common/time/duration.ts';
import { methods, paramsSchema, parseParams } from '../../src/main/engine/methods/registry.ts';
import { otherAnchorsNote } from '../../src/renderer/inspector/anchor-note.ts';
import { copyParts } from '../../src/renderer/inspector/copy-parts.ts';
import {
  changedIn,
  differIn,
  type Form,
  fallbackOf,
  formOf,
  shownIn,
} from '../../src/renderer/inspector/form-model.ts';
import { parametersOf, stepFor } from '../../src/renderer/inspector/parameters.ts';
import { planText, sumPlans } from '../../src/renderer/inspector/plan-text.ts';
import { estimateTokens, lengthHint } from '../../src/renderer/inspector/prompt-length.ts';
import { parseText, textOf } from '../../src/renderer/inspector/typed-text.ts';
import { readPresets, withPreset } from '../../src/renderer/store/presets.ts';
import { count, nameOf } from '../../src/renderer/words.ts';
import { shotWith } from '../helpers/job-settings.ts';
import { projectOf } from '../helpers/projects.ts';

describe('a form from a schema', () => {
  test.each(methods.list.map((method) => [method.id, method] as const))(
    '%s: every parameter has a field with a default that the method takes',
    (_id, method) => {
      const schema = paramsSchema(method);
      const fields = parametersOf(schema);
      expect(fields.map(({ key }) => key)).toEqual(Object.keys(schema.properties ?? {}));
      for (const field of fields) {
        expect(field.default).toBeDefined();
        expect(field.help).not.toBe('');
        expect(() => parseParams(method, { [field.key]: field.default })).not.toThrow();
        const { control } = field;
        if (control.kind === 'choice') {
          for (const { value } of control.options) {
            expect(() => parseParams(method, { [field.key]: value })).not.toThrow();
          }
        }
        if (control.kind === 'number') {
          for (const end of [control.min, control.max]) {
            if (end !== null) expect(() => parseParams(method, { [field.key]: end })).not.toThrow();
          }
          // What is usual can be typed.
          if (typeof field.default === 'number') {
            expect(field.default).toBeGreaterThanOrEqual(control.min ?? -Infinity);
            expect(field.default).toBeLessThanOrEqual(control.max ?? Infinity);
          }
        }
      }
    },
  );

  test('controls follow types and bounds', () => {
    const fields = parametersOf({
      type: 'object',
      properties: {
        strength: { type: 'number', exclusiveMinimum: 0, maximum: 1, default: 0.6 },
        loops: { type: 'integer', minimum: 1, maximum: 8, default: 2 },
        free: { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991, default: 5 },
        shared: { type: 'boolean', default: true },
        look: { type: 'string', enum: ['both+self', 'off'], default: 'off' },
        list: { anyOf: [{ type: 'number' }, { type: 'array' }, { type: 'string' }], default: 0.6 },
        tree: { type: 'object' },
      },
    });
    expect(fields.map(({ control }) => control)).toEqual([
      { kind: 'number', min: 0.01, max: 1, end: 1, step: 0.01, integer: false },
      { kind: 'number', min: 1, max: 8, end: 8, step: 1, integer: true },
      { kind: 'number', min: null, max: null, end: null, step: 1, integer: true },
      { kind: 'switch' },
      {
        kind: 'choice',
        options: [
          { value: 'both+self', name: 'Both + self' },
          { value: 'off', name: 'Off' },
        ],
      },
      { kind: 'text', accepts: ['number', 'text'] },
      { kind: 'text', accepts: ['json'] },
    ]);
    expect(parametersOf('nonsense')).toEqual([]);
    const steps = { type: 'integer', minimum: 1, maximum: 5000, default: 100, end: 500 };
    expect(parametersOf({ properties: { steps } })[0]!.control).toEqual({
      ...{ kind: 'number', min: 1, max: 5000, end: 500, step: 1, integer: true },
    });
    // What is usual lies far below what is allowed: it can be typed, and less than it.
    const rate = { type: 'number', exclusiveMinimum: 0, maximum: 0.1, default: 3e-4 };
    const control: object = parametersOf({ properties: { rate } })[0]!.control;
    expect(control).toMatchObject({ kind: 'number', max: 0.1, end: null });
    expect((control as { step: number }).step).toBeCloseTo(1e-4, 12);
    expect((control as { min: number }).min).toBeCloseTo(1e-7, 12);
  });

  test('typed text becomes what the field accepts, or nothing', () => {
    expect(parseText(' 0.8 ', ['number', 'text'])).toBe(0.8);
    expect(parseText('0.8,0.4', ['number', 'text'])).toBe('0.8,0.4');
    expect(parseText('0.8, 0.4', ['number', 'numbers'])).toEqual([0.8, 0.4]);
    expect(parseText('high', ['number', 'numbers'])).toBeUndefined();
    expect(parseText('{"a":1}', ['json'])).toEqual({ a: 1 });
    expect(parseText('{"a":', ['json'])).toBeUndefined();
    expect(textOf([0.8, 0.4])).toBe('0.8, 0.4');
  });

  test('slider steps are powers of ten, about a hundred over the range', () => {
    expect(stepFor(0, 1, false)).toBeCloseTo(0.01);
    expect(stepFor(0, 1000, false)).toBe(10);
    expect(stepFor(1, 8, true)).toBe(1);
  });
});

test('anchors beside the leading one are said to lead too, or not to count', () => {
  const shot = { anchors: [0, 3, 9], leadAnchor: 3, settings: shotWith({ method: 'one' }) };
  const infoOf = (severalAnchors: boolean): MethodInfo => ({
    ...{ id: 'one', label: 'One', summary: '', params: {}, solvers: [] },
    severalAnchors,
  });
  expect(otherAnchorsNote(shot, [infoOf(true)])).toBe('Frames 0 and 9 lead too.');
  expect(otherAnchorsNote({ ...shot, anchors: [3, 9] }, [infoOf(false)])).toBe(
    'One follows the lead anchor alone; frame 9 does not count.',
  );
  expect(otherAnchorsNote({ ...shot, anchors: [3] }, [infoOf(true)])).toBeNull();
  expect(otherAnchorsNote(shot, null)).toBeNull();
});

describe('the form of the settings', () => {
  const pix2video: MethodInfo = {
    id: 'pix2video',
    label: 'Pix2Video',
    summary: 'Frames look at the anchor.',
    params: { properties: { share: { type: 'number', minimum: 0, maximum: 1, default: 0.6 } } },
    severalAnchors: false,
    solvers: [],
  };
  const pathsOf = (form: Form) =>
    [...form.top, ...form.folds.flatMap(({ fields }) => fields)].map(({ path }) => path);

  test('has every setting of a shot, and the parameters of its method', () => {
    const paths = pathsOf(formOf(SETTINGS, pix2video));
    for (const { path, widget } of SETTINGS.fieldsOf('shot'))
      if (widget.kind !== 'parameters') expect(paths).toContain(path);
    expect(paths).toContain('method.params.share');
    expect(paths).toContain('guide.anchor');
    expect(new Set(paths).size).toBe(paths.length);
  });

  test('has no parameters where several methods are chosen', () => {
    expect(pathsOf(formOf(SETTINGS, null)).filter((path) => path.startsWith('method.params'))).toEqual([]);
  });

  test('shows a setting that is added to a group, with its limits, where the group is', () => {
    const grain = field(z.number().min(0).max(4).default(1), {
      label: 'Grain',
      help: 'How much of the grain comes back',
      widget: { kind: 'slider', step: 0.1, end: 2 },
      scope: 'look',
      flags: [],
      affects: ['take'],
    });
    const more = catalogueOf({ ...GROUPS, sampling: { ...GROUPS.sampling, grain } });
    const quality = formOf(more, null).folds.find(({ id }) => id === 'quality');
    expect(quality?.fields.find(({ path }) => path === 'sampling.grain')).toEqual({
      path: 'sampling.grain',
      label: 'Grain',
      term: null,
      help: 'How much of the grain comes back',
      default: 1,
      control: { kind: 'number', min: 0, max: 4, end: 2, step: 0.1, integer: false },
      place: { kind: 'setting', group: 'sampling', key: 'grain' },
    });
    const note = { ...grain, widget: { kind: 'text' as const } };
    const texts = catalogueOf({
      notes: {
        own: { ...note, schema: z.string().default('') },
        none: { ...note, schema: z.string().nullable().default(null) },
      },
    });
    expect(formOf(texts, null).folds[0]?.fields.map(({ control }) => control)).toEqual([
      { kind: 'text', accepts: ['text'], empty: '' },
      { kind: 'text', accepts: ['text'], empty: null },
    ]);
    const behind = catalogueOf({ ...GROUPS, grain: { amount: grain } });
    expect(formOf(behind, null).folds.at(-1)).toMatchObject({
      name: 'Grain',
      fields: [{ path: 'grain.amount' }],
    });
    expect(copyParts(behind).find(({ id }) => id === 'grain')).toMatchObject({ name: 'Grain', isLook: true });
  });

  test('begins with the prompts, and under them what every render asks for; folds say what is not as usual', () => {
    const { top, folds } = formOf(SETTINGS, pix2video);
    expect(top.map(({ path }) => path)).toEqual([
      'prompts.target',
      'prompts.source',
      'prompts.negative',
      'sampling.steps',
      'sampling.guidance',
      'sampling.seed',
      'guide.keep',
    ]);
    expect(folds.map(({ id }) => id)).toEqual(FOLDS.map(({ id }) => id));
    const [one, other] = projectOf(20, [10]).timeline as Shot[];
    other!.settings.sampling.size = 256;
    other!.settings.method.params = { share: 0.2 };
    const changed = (shots: readonly Shot[]) =>
      folds.flatMap(({ fields }) => changedIn(fields, shots, SETTINGS.defaults).map(({ path }) => path));
    expect(changed([one!])).toEqual([]);
    expect(changed([one!, other!])).toEqual(['method.params.share', 'sampling.size']);
  });

  test('marks what the method does nothing with', () => {
    const idle = (method: MethodInfo | null) => {
      const { top, folds } = formOf(SETTINGS, method);
      return [...top, ...folds.flatMap(({ fields }) => fields)].flatMap((one) =>
        one.idle ? [one.path] : [],
      );
    };
    const nullText = ['inversion.nullText', 'inversion.nullTextSteps'];
    expect(idle(pix2video)).toEqual(['guide.steerBy', 'guide.style', ...nullText]);
    expect(idle({ ...pix2video, steers: true })).toEqual(nullText);
    expect(idle({ ...pix2video, steers: true, leadsBack: true })).toEqual([]);
    // Of several methods nothing is known.
    expect(idle(null)).toEqual([]);
  });

  test('reads a shot, and says where several differ', () => {
    const [one, other] = projectOf(20, [10]).timeline as Shot[];
    one!.settings.method.params = { share: 0.2 };
    other!.settings.sampling.steps = 7;
    const form = formOf(SETTINGS, pix2video);
    const at = (path: string) =>
      [...form.top, ...form.folds.flatMap(({ fields }) => fields)].find((field) => field.path === path)!;
    expect(shownIn(at('method.params.share'), one!)).toBe(0.2);
    expect(shownIn(at('method.params.share'), other!)).toBe(0.6);
    expect(shownIn(at('guide.anchor'), other!)).toBe(10);
    expect(differIn(at('sampling.steps'), [one!, other!])).toBe(true);
    expect(differIn(at('sampling.guidance'), [one!, other!])).toBe(false);
    expect(fallbackOf(at('sampling.steps'), SETTINGS.defaults)).toBe(50);
    expect(fallbackOf(at('method.params.share'), SETTINGS.defaults)).toBe(0.6);
    expect(fallbackOf(at('guide.anchor'), SETTINGS.defaults)).toBeUndefined();
  });

  test('copies by group, a seed by itself', () => {
    const parts = copyParts(SETTINGS);
    expect(parts.map(({ name, isLook }) => [name, isLook])).toEqual([
      ['Model', true],
      ['Prompts', false],
      ['Method', true],
      ['Steps, strength and size', true],
      ['Seed', false],
      ['Analysis of the clip', true],
      ['What stays', true],
      ['Mask', false],
      ['Painted frames', false],
      ['Take file', false],
    ]);
    expect(parts.flatMap(({ fields }) => fields.map(({ path }) => path)).sort()).toEqual(
      SETTINGS.fieldsOf('shot')
        .map(({ path }) => path)
        .sort(),
    );
  });

  test('in few words: with units, without what is off', () => {
    const shown = SETTINGS.fieldsOf('shot');
    expect(
      shortWords(
        shotWith({ model: { loras: [{ path: '/loras/Water colour.safetensors', strength: 0.7 }] } }),
        shown,
      ).join(', '),
    ).toContain('LoRA Water colour 0.7');
    const model = {
      embeddings: ['/words/toy.safetensors'],
      controls: [{ ...newControl('/nets/canny.safetensors'), scale: 0.8 }],
    };
    expect(shortWords(shotWith({ model }), shown)).toEqual(
      expect.arrayContaining(['embedding toy', 'ControlNet canny 0.8']),
    );
    const words = (change: Readonly<Record<string, unknown>>) => shortWords(shotWith(change), shown);
    expect(words({ steps: 20, guidance: 2, seed: 3, keep: 0, size: null })).toEqual(
      expect.arrayContaining(['20 steps', 'prompt strength 2', 'seed 3']),
    );
    const text = words({ keep: 0, seed: 0, size: null, prompt: 'a cat' }).join(' · ');
    expect(text).toContain('“a cat”');
    expect(text).not.toMatch(/keep|seed|px|null/);
    expect(words({ keep: 0.4, size: 512 })).toEqual(
      expect.arrayContaining(['protect what stays 0.4', '512 px']),
    );
    expect(words({ sampling: { guidanceRange: { from: 0, to: 0.6 } } })).toContain('prompt-led steps 0–60 %');
    expect(words({}).join()).not.toContain('guided');
  });
});

describe('the render plan in words', () => {
  const plan = {
    frames: 24,
    width: 512,
    height: 288,
    cachedFrames: 18,
    framesToInvert: 6,
    inversionCalls: 300,
    samplingCalls: 1240,
    samplingBranches: 2480,
    shallowCalls: 0,
    recordedCalls: 0,
    controlCalls: 0,
    derived: { calls: { learn: 0 } },
    reconstruction: 41.3,
    notes: [],
    memoryBytes: 4.2e9,
    speed: 'known' as const,
    estimatedSeconds: 80,
  };

  test('cache, work and time', () => {
    expect(planText(plan)).toEqual({
      work: '24 frames at 512 × 288: 18 from the cache, analysed at 41 dB, 6 to analyse',
      calls: '300 to analyse, 1,240 to make the frames',
      cost: 'About 1 min · 1,540 calls of the model · 4.2 GB of memory',
    });
    expect(planText({ ...plan, shallowCalls: 620 }).calls).toBe(
      '300 to analyse, 1,240 to make the frames, 620 of them quick',
    );
    expect(planText({ ...plan, recordedCalls: 610 }).calls).toBe(
      '300 to analyse, 1,240 to make the frames, 610 of them there and back',
    );
  });

  test('the clip is learnt first, until it is', () => {
    const learnt = { ...plan, derived: { calls: { learn: 100 } } };
    expect(planText(sumPlans([learnt, plan])!).calls).toMatch(/^100 steps of learning, 600 to analyse, /);
    expect(planText(plan).calls).not.toMatch(/learning/);
  });

  test('steps in which guidance rests', () => {
    expect(planText({ ...plan, samplingBranches: 2080 }).calls).toBe(
      '300 to analyse, 1,240 to make the frames, 400 of them without prompt strength',
    );
    expect(planText({ ...plan, samplingBranches: 1240 }).calls).toBe(
      '300 to analyse, 1,240 to make the frames',
    );
  });

  test('all cached, nothing known, no inversion at all', () => {
    expect(
      planText({ ...plan, cachedFrames: 24, framesToInvert: 0, inversionCalls: 0, estimatedSeconds: null }),
    ).toEqual({
      work: '24 frames at 512 × 288: all from the cache, analysed at 41 dB',
      calls: '1,240 to make the frames',
      cost: 'Time not known yet: the first frames tell · 1,240 calls of the model · 4.2 GB of memory',
    });
    const fresh = {
      ...plan,
      frames: 1,
      cachedFrames: 0,
      framesToInvert: 0,
      inversionCalls: 0,
      samplingCalls: 1,
      samplingBranches: 2,
    };
    expect(planText(fresh)).toEqual({
      work: '1 frame at 512 × 288: nothing to analyse',
      calls: '1 to make the frames',
      cost: 'About 1 min · 1 call of the model · 4.2 GB of memory',
    });
  });

  test('a time that is not known says when it will be', () => {
    const cost = (speed: (typeof SPEEDS)[number], estimatedSeconds: number | null) =>
      planText({ ...plan, speed, estimatedSeconds, memoryBytes: null }).cost.split(' · ')[0];
    const SPEEDS = ['known', 'coming', 'on-asking', 'later'] as const;
    expect(SPEEDS.map((speed) => cost(speed, null))).toEqual([
      'Time not known yet: the first frames tell',
      'Time is being measured',
      'Time not measured yet',
      'Time not known yet: the first frames tell',
    ]);
    // Told from another size.
    expect([cost('on-asking', 80), cost('known', 80)]).toEqual(['Perhaps 1 min', 'About 1 min']);
    expect(sumPlans([plan, { ...plan, speed: 'on-asking' }])?.speed).toBe('on-asking');
  });

  test('several shots add up; one unknown time leaves the sum unknown', () => {
    expect(sumPlans([plan, plan])).toMatchObject({ frames: 48, samplingCalls: 2480, estimatedSeconds: 160 });
    const worse = { ...plan, reconstruction: 24 };
    expect(sumPlans([plan, worse, { ...plan, reconstruction: null }])?.reconstruction).toBe(24);
    expect(sumPlans([plan, { ...plan, estimatedSeconds: null }])?.estimatedSeconds).toBeNull();
    expect(sumPlans([])).toBeNull();
    const noted = { ...plan, notes: ['look.safetensors: …'] };
    expect(sumPlans([noted, plan, noted])?.notes).toEqual(['look.safetensors: …']);
  });
});

describe('length of prompts', () => {
  test('close to what CLIP counts for common prompts', () => {
    // Counted with the vocabulary of CLIP ViT-L/14, without start and end mark.
    const known: [string, number][] = [
      ['a photo of a cat', 5],
      ['a bronze statue of a dancer, studio light', 9],
      ['masterpiece, best quality, ultra detailed, 8k', 9],
    ];
    for (const [text, tokens] of known)
      expect(Math.abs(estimateTokens(text) - tokens)).toBeLessThanOrEqual(2);
  });

  test('says how much there is, without the marks, and in how many parts it is read', () => {
    expect(lengthHint('', 'a1111')).toBeNull();
    expect(lengthHint('  \n', 'a1111')).toBeNull();
    expect(lengthHint('a cat', 'off')).toBeNull();
    expect(lengthHint('cat '.repeat(70), 'a1111')).toBe('About 70 of the 75 tokens that are read at once');
    expect(lengthHint('cat '.repeat(90), 'a1111')).toBe('About 90 tokens, read in 2 parts of 75');
    expect(lengthHint('a cat BREAK a dog', 'a1111')).toBe('About 4 tokens, read in 2 parts of 75');
    expect(lengthHint('a cat BREAK a dog', 'off')).toBeNull();
  });
});

describe('presets', () => {
  const settings = shotWith({ prompt: 'a cat', sourcePrompt: 'a dog', seed: 7, steps: 20 });

  test('keep the look, not what one shot shows', () => {
    const [preset] = withPreset([], ' Night ', settings);
    expect(preset).toMatchObject({ name: 'Night', settings: { sampling: { steps: 20 } } });
    expect(preset!.settings.prompts).toEqual({ negative: '' });
    expect('seed' in preset!.settings.sampling).toBe(false);
  });

  test('the same name replaces, and names are in order', () => {
    let list = withPreset([], 'night', settings);
    list = withPreset(list, 'Day', settings);
    list = withPreset(list, 'Night', {
      ...settings,
      sampling: { ...settings.sampling, steps: 99 },
    });
    expect(list.map(({ name, settings: { sampling } }) => [name, sampling.steps])).toEqual([
      ['Day', 20],
      ['Night', 99],
    ]);
  });

  test('survive being stored; damage is left out', () => {
    const list = withPreset([], 'Night', settings);
    expect(readPresets(JSON.stringify(list))).toEqual(list);
    expect(
      readPresets(JSON.stringify([...list, { name: 'broken', settings: { sampling: { steps: 'many' } } }])),
    ).toEqual(list);
    expect(readPresets('{')).toEqual([]);
    expect(readPresets(null)).toEqual([]);
  });
});

describe('numbers as words', () => {
  test('durations, counts and names', () => {
    expect([0, 47.2, 60, 80, 7500].map(duration)).toEqual(['0 s', '48 s', '1:00', '1:20', '2:05:00']);
    expect(count(1, 'frame')).toBe('1 frame');
    expect(count(1200, 'frame')).toBe('1,200 frames');
    expect(['guidedFraction', 'per-frame', 'both+self', 'w', 'x0'].map(nameOf)).toEqual([
      'Guided fraction',
      'Per frame',
      'Both + self',
      'w',
      'x0',
    ]);
  });
});
