/** Keys of what is derived: they change with everything that changes the thing, and with nothing else. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../src/common/settings/settings.ts';
import { digestOf, keyOf } from '../../src/main/engine/artefacts/keys.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import { euler } from '../../src/main/engine/diffusion/solvers/euler.ts';
import { estimatedDepth, estimatorFit, givenDepth } from '../../src/main/engine/make/depth.ts';
import { flowKey, flowNetworkOf } from '../../src/main/engine/make/flow.ts';
import { type InversionOf, inversionOf } from '../../src/main/engine/make/inversion.ts';
import { latentsOf } from '../../src/main/engine/make/latents.ts';
import type { ShotOf } from '../../src/main/engine/make/shot.ts';
import { readingOf, textOf } from '../../src/main/engine/make/text.ts';
import { fitCanvas } from '../../src/main/engine/media/fit.ts';
import { promptReader } from '../../src/main/engine/models/prompt/reader.ts';
import { settings, settingsWith } from '../helpers/job-settings.ts';
import { SD_SCHEDULER } from '../helpers/smooth-network.ts';
import { wordTokenizer } from '../helpers/word-tokenizer.ts';

const digests = {
  unet: 'u',
  vaeEncoder: 'v',
  vaeDecoder: 'w',
  textEncoder: 'x',
  tokenizer: 'k',
  scheduler: 's',
  depthEstimator: 'd',
};

const readPrompt = promptReader({ tokenizers: [wordTokenizer()], single: false, embeddings: [] });

/** As makers see it; what they do not look at for a key is not there. */
function shotWith(more: object = {}, model: object = {}): ShotOf {
  return {
    settings,
    clip: { path: '/clips/a clip.mp4' },
    fit: fitCanvas(640, 400, { size: 404, grid: 8 }),
    shape: { channels: 4, height: 40, width: 64 },
    solver: ddim,
    scheduleId: 'bundle',
    schedule: makeLevels(SD_SCHEDULER, settings.sampling.steps, { solver: ddim }),
    model: { name: 'tiny', digests: { ...digests, ...model }, factor: 8, readPrompt },
    provider: 'cpu',
    networks: () => expect.unreachable(),
    ...more,
  } as unknown as ShotOf;
}

const pixels = digestOf(new Uint8Array([1, 2, 3]));
const frame = (digest = pixels) => ({ index: 3, pixels: digest, rgb: () => expect.unreachable() });

function inversionKey(
  shot = shotWith(),
  digest = pixels,
  structure: string | null = null,
  surroundings: InversionOf['surroundings'] = null,
): string {
  const clean = latentsOf(shot, frame(digest));
  const depth = structure === null ? null : { digest: structure, map: undefined };
  const of = { frame: frame(digest), clean, structure: depth, surroundings, checked: false };
  return inversionOf(shot, of).key!;
}
const latentsKey = (shot = shotWith(), digest = pixels) => latentsOf(shot, frame(digest)).key!;
const textKey = (shot = shotWith(), prompt = 'a jeep') => textOf(shot, readingOf(shot, prompt)).key!;
const seen = (size: number) => estimatorFit(shotWith().fit, { width: size, height: size });
const depthKey = (shot = shotWith(), digest = pixels, size = 64) =>
  estimatedDepth(
    shot,
    { digest: shot.model.digests.depthEstimator!, estimate: () => expect.unreachable() },
    seen(size),
    frame(digest),
  ).key!;
const givenKey = (shot = shotWith(), digest = pixels) => givenDepth(shot, frame(digest)).key!;

const OTHER_VALUES: Readonly<Record<string, unknown>> = {
  'source.range': { start: 1, end: 2 },
  'source.rate': '12',
  'method.params': { w: 1 },
  'sampling.size': 64,
};

/** Another value of a setting than the one there. */
function other(path: string, value: unknown): unknown {
  if (path in OTHER_VALUES) return OTHER_VALUES[path];
  const { limits } = SETTINGS.at(path);
  if (limits.choices) return limits.choices.find((choice) => choice !== value);
  if (typeof value === 'number') return value + 1;
  return `${value}'`;
}

const short = { clip: 'a.mp4', bundle: 'tiny', out: 'take.mov', sourcePrompt: 'a jeep', prompt: 'a car' };

const resolvedElsewhere = ['sampling.solver', 'sampling.schedule'];

describe('the key of an inversion', () => {
  it.each(SETTINGS.fields.map(({ path }) => path))('knows whether %s changes it', (path) => {
    const { group, key, affects } = SETTINGS.at(path);
    const values = (settings as unknown as Record<string, Record<string, unknown>>)[group]!;
    const changed = { ...settings, [group]: { ...values, [key]: other(path, values[key]) } };
    expect(changed[group as 'source']).not.toEqual(values);
    const same = inversionKey(shotWith({ settings: changed })) === inversionKey();
    // The solver and the schedule in use are the shot's own: a setting may leave them open.
    expect(same).toBe(!affects.includes('inversion') || resolvedElsewhere.includes(path));
  });

  it('changes with the solver and the schedule in use', () => {
    expect(inversionKey(shotWith({ solver: euler }))).not.toBe(inversionKey());
    expect(inversionKey(shotWith({ scheduleId: 'karras' }))).not.toBe(inversionKey());
  });

  it.each(['unet', 'vaeEncoder', 'textEncoder', 'tokenizer', 'scheduler'])('changes with the %s', (part) => {
    expect(inversionKey(shotWith({}, { [part]: 'another' }))).not.toBe(inversionKey());
  });

  it('changes with picture, canvas, depth and provider, and not with what only decodes', () => {
    const keys = [
      inversionKey(),
      inversionKey(shotWith(), 'another'),
      inversionKey(shotWith({ fit: fitCanvas(640, 400, { size: 512, grid: 8 }) })),
      inversionKey(shotWith(), pixels, 'a map'),
      inversionKey(shotWith(), pixels, 'null'),
      inversionKey(shotWith({ provider: 'cuda' })),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(inversionKey(shotWith({}, { vaeDecoder: 'another', depthEstimator: 'another' }))).toBe(
      inversionKey(),
    );
  });

  it('changes with how a source prompt with weights is read, and not with how long those of the take are', () => {
    const by = (sourcePrompt: string, weighting: string, prompt = 'a car') =>
      inversionKey(
        shotWith({ settings: settingsWith({ ...short, sourcePrompt, prompt, prompts: { weighting } }) }),
      );
    expect(by('a (jeep:1.2)', 'a1111')).not.toBe(by('a (jeep:1.2)', 'off'));
    expect(by('a (jeep:1.2)', 'a1111')).not.toBe(by('a (jeep:1.2)', 'comfy'));
    expect(by('a jeep', 'a1111', 'a (car) '.repeat(90))).toBe(by('a jeep', 'off'));
  });

  it('changes with what is around the mask, and is not known before that', () => {
    const around = (key: string | null) =>
      inversionKey(shotWith(), pixels, null, { ...latentsOf(shotWith(), frame()), key });
    expect(new Set([around('a'), around('b'), inversionKey()]).size).toBe(3);
    expect(around(null)).toBeNull();
  });

  it('is not known before depth is made', () => {
    const clean = latentsOf(shotWith(), frame());
    expect(
      inversionOf(shotWith(), {
        ...{ frame: frame(), clean, structure: 'unknown', surroundings: null, checked: true },
      }).key,
    ).toBeNull();
  });

  it('stays what it was, or every cache in the world is lost', () => {
    const { fit } = shotWith();
    const parts = {
      ...{ pixels, width: fit.width, height: fit.height, structure: null, provider: 'cpu' },
      ...{ unet: 'u', vaeEncoder: 'v', textEncoder: 'x', tokenizer: 'k', scheduler: 's' },
      ...{ sourcePrompt: 'a jeep', solver: 'ddim', inversion: 'upper', schedule: 'bundle' },
      ...{ steps: 50, refinement: 1 },
    };
    const sorted = Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1));
    const json = JSON.stringify(['inversion', 1, sorted]);
    expect(inversionKey()).toBe(createHash('sha256').update(json).digest('hex'));
  });
});

describe('other keys', () => {
  it('of a latent: picture, canvas, encoder, provider, and no setting beside', () => {
    const keys = [
      latentsKey(),
      latentsKey(shotWith(), 'another'),
      latentsKey(shotWith({ fit: fitCanvas(640, 400, { size: 512, grid: 8 }) })),
      latentsKey(shotWith({}, { vaeEncoder: 'another' })),
      latentsKey(shotWith({ provider: 'cuda' })),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    const prompts = settingsWith({
      ...{ clip: 'c', bundle: 'b', out: 'o', prompt: 'p', sourcePrompt: 's', steps: 3 },
    });
    expect(latentsKey(shotWith({ settings: prompts, solver: euler }, { unet: 'another' }))).toBe(
      latentsKey(),
    );
  });

  it('of a prompt: its letters, encoder, tokenizer, canvas, provider', () => {
    const keys = [
      textKey(),
      textKey(shotWith(), 'a jeep '),
      textKey(shotWith(), 'A jeep'),
      textKey(shotWith({}, { textEncoder: 'another' })),
      textKey(shotWith({}, { tokenizer: 'another' })),
      textKey(shotWith({ fit: fitCanvas(640, 400, { size: 512, grid: 8 }) })),
      textKey(shotWith({ provider: 'cuda' })),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(textKey(shotWith({}, { unet: 'another' }))).toBe(textKey());
  });

  it('of a prompt with weights or of several chunks: how it is read; of others the way of weighting is no part', () => {
    const by = (weighting: string) =>
      shotWith({ settings: settingsWith({ ...short, prompts: { weighting } }) });
    const ways = ['off', 'a1111', 'comfy'].map(by);
    expect(new Set(ways.map((shot) => textKey(shot, 'a (red) jeep'))).size).toBe(3);
    expect(new Set(ways.map((shot) => textKey(shot))).size).toBe(1);
    expect(new Set(ways.map((shot) => inversionKey(shot))).size).toBe(1);
    const chunks = (count: number) => textOf(shotWith(), readingOf(shotWith(), 'a jeep', count)).key;
    expect(chunks(2)).not.toBe(chunks(1));
    expect(chunks(1)).toBe(textKey());
  });

  it('of depth: picture, size it is looked at, canvas, estimator, provider; a given one has no estimator', () => {
    const keys = [
      depthKey(),
      depthKey(shotWith(), 'another'),
      depthKey(shotWith(), pixels, 32),
      depthKey(shotWith({ fit: fitCanvas(640, 400, { size: 512, grid: 8 }) })),
      depthKey(shotWith({}, { depthEstimator: 'another' })),
      depthKey(shotWith({ provider: 'cuda' })),
      givenKey(),
      givenKey(shotWith(), 'another'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(givenKey(shotWith({ provider: 'cuda' }, { depthEstimator: 'another' }))).toBe(givenKey());
  });
});

describe('the key of motion', () => {
  const { fit } = shotWith();
  const to = digestOf(new Uint8Array([4]));

  it('is of pictures, canvas and estimator; of the provider only where a network estimates', () => {
    const network = { digest: 'n', provider: 'cpu' };
    const keys = [
      flowKey(fit, pixels, to),
      flowKey(fit, to, pixels),
      flowKey(fitCanvas(640, 400, { size: 512, grid: 8 }), pixels, to),
      flowKey(fit, pixels, to, network),
      flowKey(fit, pixels, to, { ...network, digest: 'another' }),
      flowKey(fit, pixels, to, { ...network, provider: 'cuda' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    const own = (more: object, model: object = {}) => {
      const network = flowNetworkOf(shotWith(more, model));
      return flowKey(fit, pixels, to, network);
    };
    expect(own({ provider: 'cuda' })).toBe(keys[0]);
    expect(own({}, { flowEstimator: 'n' })).toBe(keys[3]);
    expect(own({ provider: 'cuda' }, { flowEstimator: 'n' })).toBe(keys[5]);
  });
});

describe('keys', () => {
  it('tell apart kinds, versions, neighbours that run together, numbers from text, and null from its name', () => {
    const keys = [
      keyOf('depth', 1, { a: 'x', b: 'y' }),
      keyOf('flow', 1, { a: 'x', b: 'y' }),
      keyOf('depth', 2, { a: 'x', b: 'y' }),
      keyOf('depth', 1, { a: 'xb', c: 'y' }),
      keyOf('depth', 1, { a: 1 }),
      keyOf('depth', 1, { a: '1' }),
      keyOf('depth', 1, { a: null }),
      keyOf('depth', 1, { a: 'null' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('do not depend on the order in which the parts are named', () => {
    expect(keyOf('depth', 1, { b: 2, a: 1 })).toBe(keyOf('depth', 1, { a: 1, b: 2 }));
  });
});

describe('digestOf', () => {
  it('reads the view, not the buffer behind it', () => {
    const buffer = new Float32Array([9, 1, 2, 9]);
    expect(digestOf(buffer.subarray(1, 3))).toBe(digestOf(new Float32Array([1, 2])));
  });
});
