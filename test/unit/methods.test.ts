import { describe, expect, it } from 'vitest';
import { noiseFor, sharedNoise } from '../../src/main/engine/diffusion/noise.ts';
import { addNoise } from '../../src/main/engine/diffusion/parametrisation.ts';
import type { Earlier } from '../../src/main/engine/diffusion/run.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import { euler } from '../../src/main/engine/diffusion/solvers/euler.ts';
import { eulerAncestral } from '../../src/main/engine/diffusion/solvers/euler-ancestral.ts';
import type { Solver } from '../../src/main/engine/diffusion/solvers/solver.ts';
import { give, type Have, wantsInversion } from '../../src/main/engine/methods/have.ts';
import { weightAt } from '../../src/main/engine/methods/mix.ts';
import { passes } from '../../src/main/engine/methods/pix2video.ts';
import {
  getMethod,
  methods,
  paramsSchema,
  parseParams,
  solverFor,
} from '../../src/main/engine/methods/registry.ts';
import { noisedRun, stepsOfStrength } from '../../src/main/engine/methods/starts.ts';
import { turningLevels } from '../../src/main/engine/methods/text2video-zero.ts';
import { clipsAround } from '../../src/main/engine/methods/vidrd.ts';
import { SD_SCHEDULER, SHAPE, SIZE } from '../helpers/smooth-network.ts';

describe('registry', () => {
  it('finds each by its id and names all when asked for another', () => {
    for (const method of methods.list) expect(getMethod(method.id)).toBe(method);
    expect(() => getMethod('magic')).toThrow(
      expect.objectContaining({
        code: 'usage',
        hint: expect.stringContaining(methods.list.map(({ id }) => id).join(', ')),
      }),
    );
  });

  it.each(methods.list)(
    '$id completes its own defaults, takes its own output back, and describes every setting',
    (method) => {
      const params = parseParams(method, {});
      expect(parseParams(method, JSON.parse(JSON.stringify(params)))).toEqual(params);
      const properties = Object.values(paramsSchema(method).properties ?? {}) as {
        description?: string;
        default?: unknown;
      }[];
      expect(properties.length).toBeGreaterThan(0);
      for (const property of properties) {
        expect(property.description).toMatch(/\w/);
        expect(property.default).toBeDefined();
      }
    },
  );

  it('refuses wrong settings in one line that says what it takes', () => {
    for (const [id, params] of [
      ['mix', { w: 2 }],
      ['mix', { w: '0.5,x' }],
      ['mix', { w: '' }],
      ['pix2video', { update: 'full' }],
      ['sdedit', { strength: 0 }],
      ['img2img', { weight: 3 }],
    ] as const) {
      expect(() => parseParams(getMethod(id), params)).toThrow(expect.objectContaining({ code: 'usage' }));
    }
  });

  it('keeps mixing on Euler', () => {
    expect(solverFor(getMethod('mix'), {}, null)).toBe(euler);
    expect(solverFor(getMethod('pix2video'), {}, null)).toBe(ddim);
    expect(solverFor(getMethod('pix2video'), {}, euler)).toBe(euler);
    expect(() => solverFor(getMethod('mix'), {}, ddim)).toThrow(
      expect.objectContaining({ hint: 'Use Euler.' }),
    );
  });
});

describe('what a method has', () => {
  it('is what it asked for and what was made; everything else fails by name, when it is used', () => {
    const latent = noiseFor(1, 0, SIZE);
    const have = give(['inversion', 'flow'], { inversion: () => latent, clean: () => latent });
    expect(have.inversion(0)).toBe(latent);
    expect(() => have.flow).toThrow(/asked for flow/);
    const all: Partial<Have> = have;
    expect(() => all.clean).toThrow(/asked for clean/);
    expect(() => all.nullText).toThrow(/asked for nullText/);
  });

  it('says which solvers will do: what is inverted needs one that inverts', () => {
    const [mixing, editing] = [getMethod('mix'), getMethod('img2img')];
    expect(wantsInversion(mixing.needs(parseParams(mixing, {})))).toBe(true);
    expect(wantsInversion(editing.needs(parseParams(editing, {})))).toBe(false);
    expect(wantsInversion(['clean', 'trajectory'])).toBe(true);
    expect(() => solverFor(editing, { start: 'inversion' }, eulerAncestral)).toThrow(
      expect.objectContaining({ code: 'usage' }),
    );
    expect(solverFor(editing, { start: 'noise' }, eulerAncestral)).toBe(eulerAncestral);
  });
});

describe('mix', () => {
  it('stretches its weights over the steps', () => {
    expect([0, 1, 2].map((step) => weightAt([0.3], step, 3))).toEqual([0.3, 0.3, 0.3]);
    expect([0, 1, 2].map((step) => weightAt([1, 0], step, 3))).toEqual([1, 0.5, 0]);
    const each = [0.9, 0.1, 0.4, 0.7];
    expect(each.map((_, step) => weightAt(each, step, 4))).toEqual(each);
    expect(weightAt([0.2, 0.8], 0, 1)).toBe(0.2);
  });

  it('takes a number, a list or text', () => {
    const w = (value: unknown) => (parseParams(getMethod('mix'), { w: value }) as { w: number[] }).w;
    expect([w(0.4), w('0.4'), w([0.1, 1]), w('0.1, 1')]).toEqual([[0.4], [0.4], [0.1, 1], [0.1, 1]]);
  });
});

describe('pix2video random', () => {
  it('picks every earlier frame of its side equally often, by seed', () => {
    const picked = (seed: number, step: number) =>
      passes({ anchors: [3], frames: 8, seed }, { attention: 'random', anchors: 'joint' }, step).map(
        ({ keys }) => Number(keys[1]),
      );
    expect(picked(1, 4)).toEqual(picked(1, 4));
    const counts = new Map<number, number>();
    for (let step = 0; step < 4000; step++) {
      const picks = picked(1, step);
      counts.set(picks[4]!, (counts.get(picks[4]!) ?? 0) + 1);
      expect([1, 2, 3]).toContain(picks[7]);
    }
    // Visit 4 is frame 7, after 3, 4, 5 and 6.
    expect([...counts.keys()].sort()).toEqual([3, 4, 5, 6]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('Text2Video-Zero', () => {
  it('turns where the paper does at 50 steps, and leaves a step before and one between where there are as many', () => {
    const usual = { movesAt: 0.88, noisedTo: 0.94 };
    const at = (steps: number) => Object.values(turningLevels(steps, usual));
    expect([50, 25, 10, 3, 2, 1].map(at)).toEqual([
      [44, 47],
      [22, 24],
      [8, 9],
      [1, 2],
      [0, 1],
      [0, 0],
    ]);
  });
});

describe('VidRD', () => {
  it('has every frame in one clip, the anchor in the first, each going on from the one beside it', () => {
    for (const [frames, anchor, size] of [
      [8, 0, 3],
      [8, 4, 3],
      [8, 7, 3],
      [2, 1, 5],
      [1, 0, 1],
    ] as const) {
      const clips = clipsAround({ frames, anchor }, size);
      const all = clips.flatMap((clip) => clip.frames).sort((a, b) => a - b);
      expect(all).toEqual(Array.from({ length: frames }, (_, frame) => frame));
      expect(clips[0]!.frames).toContain(anchor);
      for (const { frames: own, before } of clips.slice(1)) {
        expect(before!.length).toBeGreaterThanOrEqual(own.length);
        expect(Math.abs(own[0]! - before!.at(-1)!)).toBe(1);
      }
    }
  });
});

/** A first run has nothing before it. */
const NOTHING: Earlier = { result: () => unasked(), history: () => unasked() };

function unasked(): never {
  throw new Error('there is no earlier run');
}

describe('start', () => {
  const schedule = makeLevels(SD_SCHEDULER, 10, { solver: ddim });
  const clean = noiseFor(1, 0, SIZE);
  const have = { clean: () => clean };
  const facts = ({ form }: Solver) => ({
    frames: 3,
    anchor: 0,
    anchors: [0],
    structured: false,
    seed: 5,
    schedule,
    form,
    shape: SHAPE,
    have,
  });

  it('runs the share of the steps that the strength names', () => {
    expect([0.001, 0.3, 0.55, 0.7, 1].map((strength) => stepsOfStrength(10, strength))).toEqual([
      1, 3, 5, 7, 10,
    ]);
    const { levels, final } = noisedRun(facts(ddim), { strength: 0.3, shared: true }).schedule;
    expect(levels).toEqual(schedule.levels.slice(7));
    expect(final).toBe(schedule.final);
  });

  it('noises each frame with its own or the shared noise at the first level left', () => {
    const at = schedule.levels[3]!;
    const start = (solver: Solver, shared: boolean) =>
      noisedRun(facts(solver), { strength: 0.7, shared }).start(2, NOTHING);
    expect(start(euler, true)).toEqual(addNoise('ve', clean, sharedNoise(5, SIZE), at));
    expect(start(ddim, false)).toEqual(addNoise('vp', clean, noiseFor(5, 2, SIZE), at));
  });
});
