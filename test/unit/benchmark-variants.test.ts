import { describe, expect, it } from 'vitest';
import { methods } from '../../src/main/engine/methods/registry.ts';
import type { Shot } from '../../tools/benchmark/heldout.ts';
import { plan } from '../../tools/benchmark/plan.ts';
import { asksTheSame, completed } from '../../tools/benchmark/request.ts';
import { COMPARISONS, requestFor, VARIANTS, variantNamed } from '../../tools/benchmark/variants.ts';

const look = { shape: 'cube', colour: 'red', material: 'matte', environment: 'sea' };
const edit = (kind: Shot['edits'][number]['kind']) => ({
  kind,
  prompt: 'a blue cube',
  look,
  truth: 'truth.npy',
});
const SHOT: Shot = {
  name: '00',
  clip: 'source.mkv',
  matte: 'mask.mkv',
  frames: 24,
  motions: ['turn'],
  sourcePrompt: 'a red cube',
  look,
  edits: [edit('colour'), edit('environment'), edit('same')],
};

describe('what is compared', () => {
  it('asks for what there is, by ids of its own', () => {
    expect(new Set(VARIANTS.map(({ id }) => id)).size).toBe(VARIANTS.length);
    for (const variant of VARIANTS) {
      const asked = requestFor(variant, SHOT, SHOT.edits[0]!);
      if (asked) expect(completed(asked).method, variant.id).toMatchObject({ id: asked.method!.id });
    }
    for (const id of COMPARISONS.flatMap(({ variants }) => variants))
      expect(variantNamed(id), id).toBeDefined();
  });

  it('has a row in the main table for every method that edits the frames there are', () => {
    const rows = VARIANTS.filter(({ group }) => group === 'main').flatMap(
      (variant) => requestFor(variant, SHOT, SHOT.edits[0]!)?.method?.id ?? [],
    );
    const editing = methods.list.filter(({ makesFrames }) => !makesFrames);
    expect(editing.map(({ id }) => id).filter((id) => !rows.includes(id))).toEqual([]);
  });

  it('is run on the edits it is meant for, with the models there are', () => {
    const all = {
      shots: [SHOT],
      ablations: 1,
      edits: new Set(['colour', 'environment']),
      methods: new Set(VARIANTS.map(({ id }) => id)),
    };
    const places = plan({ ...all, depth: false });
    for (const {
      variant,
      edit: { kind },
    } of places) {
      expect(variant.edits ?? [kind], variant.id).toContain(kind);
      expect(variant.depth, variant.id).toBeUndefined();
    }
    const withDepth = plan({ ...all, depth: true }).length - places.length;
    const needDepth = VARIANTS.filter(({ depth }) => depth);
    expect(withDepth).toBe(needDepth.reduce((sum, { edits }) => sum + (edits?.length ?? 2), 0));
  });
});

describe('a kept take', () => {
  const asked = { method: { id: 'mix', params: { w: 0.6 } } };

  it('is the one that is asked for, however it was written', () => {
    expect(asksTheSame({ guide: { keep: 0 }, ...asked }, asked)).toBe(true);
    expect(asksTheSame({ method: { params: { previous: 'after', w: [0.6] }, id: 'mix' } }, asked)).toBe(true);
    expect(asksTheSame(JSON.parse(JSON.stringify(completed(asked))), asked)).toBe(true);
    expect(asksTheSame(null, null)).toBe(true);
  });

  it('is another where anything in it is', () => {
    expect(asksTheSame({ method: { id: 'mix', params: { w: 0.5 } } }, asked)).toBe(false);
    expect(asksTheSame({ ...asked, guide: { keep: 0.1 } }, asked)).toBe(false);
    expect(asksTheSame({ ...asked, sampling: { guidance: 3 } }, asked)).toBe(false);
    expect(asksTheSame(null, asked)).toBe(false);
    // Of a version that had what is no more.
    expect(asksTheSame({ method: { id: 'mix', params: { gone: 1 } } }, asked)).toBe(false);
    expect(asksTheSame({ method: { id: 'gone', params: {} } }, asked)).toBe(false);
  });
});
