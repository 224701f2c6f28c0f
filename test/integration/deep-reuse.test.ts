/** What the depth of a network made is reused: the layers around it, given what it made, are the whole network. */
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import type {
  Conditioning,
  LatentShape,
  Predict,
  PredictInput,
} from '../../src/main/engine/diffusion/types.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import type { Bundle, OpenBundleOptions } from '../../src/main/engine/models/types.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { bits, largestDifference } from '../helpers/onnx.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { type TinyBundleOptions, writeTinyBundle } from '../helpers/tiny-bundle.ts';
import { makeLora, writeKohya } from '../helpers/tiny-lora.ts';

const DEMO = resolve(import.meta.dirname, '../../resources/demo');
/** Another batch adds in another order. */
const TOLERANCE = 1e-5;

interface Opened extends AsyncDisposable {
  readonly bundle: Bundle;
  readonly predict: Predict;
  readonly shape: LatentShape;
  readonly branches: readonly Conditioning[];
}

async function open(dir: string, options: Partial<OpenBundleOptions> = {}): Promise<Opened> {
  const bundle = await openBundle(dir, {
    sites: 'all',
    provider: 'cpu',
    threads: 1,
    reuse: true,
    ...options,
  });
  const shape = { channels: bundle.latentChannels, height: 16, width: 8 };
  const size = { width: 8 * bundle.factor, height: 16 * bundle.factor };
  const branches = [await bundle.embed('', size), await bundle.embed('a red car', size)];
  return {
    ...{ bundle, shape, branches, predict: bundle.predict(shape) },
    [Symbol.asyncDispose]: () => bundle.close(),
  };
}

function inputOf({ shape, branches, bundle }: Opened, frame: number): PredictInput {
  const plane = shape.height * shape.width;
  const structure = bundle.structureChannels * plane;
  return {
    ...{ latent: noiseFor(1, frame, shape.channels * plane), timestep: 501, branches },
    ...(structure > 0 && { structure: noiseFor(2, frame, structure) }),
  };
}

const tiny = (options: TinyBundleOptions) => writeTinyBundle(tempFolder(), options);

type Form = readonly [
  name: string,
  () => Promise<string> | string,
  options: (dir: string) => Partial<OpenBundleOptions>,
];

const none = () => ({});

/** What computes self-attention. */
const by = (operator: 'MultiHeadAttention') => (): Partial<OpenBundleOptions> => ({
  attention: async () => ({ unet: operator, vae: null, why: {} }),
});

/** A LoRA on every layer of the UNet. */
function withLora(dir: string): Partial<OpenBundleOptions> {
  const path = join(tempFolder(), 'lora.safetensors');
  const { model } = loadGraph(join(dir, 'unet/model.onnx'), { root: dir });
  writeKohya(path, { unet: makeLora(model.graph, 3, () => 'lora') });
  return { loras: [{ path, strength: 0.8 }] };
}

const FORMS: readonly Form[] = [
  ['Stable Diffusion', () => tiny({}), none],
  ['XL', () => tiny({ kind: 'xl' }), none],
  ['depth', () => tiny({ kind: 'depth' }), none],
  ['inpainting', () => tiny({ kind: 'inpainting' }), none],
  ['half precision', () => tiny({ half: true }), none],
  ['an old export', () => tiny({ dialect: 'old' }), none],
  ['one that is told the guidance', () => tiny({ told: 8 }), none],
  ['fused attention', () => tiny({}), by('MultiHeadAttention')],
  ['a LoRA', () => `${DEMO}/bundle`, withLora],
  ['the shipped model', () => `${DEMO}/bundle`, none],
  ['the shipped model of depth', () => `${DEMO}/depth-bundle`, none],
];

describe.each(FORMS)('%s', (_, make, optionsOf) => {
  it('gives the same to the bit, opened for reuse or not, and by its outermost layers with what its depth made just then', async () => {
    const dir = await make();
    const options = optionsOf(dir);
    await using plain = await open(dir, { ...options, reuse: false });
    await using reusing = await open(dir, options);
    const [input] = [inputOf(plain, 0)];
    const [before] = await plain.predict([{ ...input, capture: true }]);
    const [whole] = await reusing.predict([{ ...input, capture: true, keepDeep: true }]);
    for (const [b, output] of before!.outputs.entries())
      expect(bits(whole!.outputs[b]!).equals(bits(output))).toBe(true);
    expect(whole!.deep!.blocks).toHaveLength(2);
    const [shallow] = await reusing.predict([{ ...input, deep: whole!.deep! }]);
    for (const [b, output] of before!.outputs.entries())
      expect(bits(shallow!.outputs[b]!).equals(bits(output))).toBe(true);
    expect(reusing.bundle.calls).toMatchObject({ unet: 2, unetBranches: 4, unetShallow: 1 });
    expect(plain.bundle.memory(plain.shape).deep).toBe(0);
    expect(reusing.bundle.memory(reusing.shape).deep).toBe(whole!.deep!.blocks[0]!.byteLength);
  });
});

it('lends the tokens of the layers that run, in the places where they did', async () => {
  await using opened = await open(await tiny({}), { joint: true });
  const { predict } = opened;
  const inputs = [0, 1, 2].map((frame) => inputOf(opened, frame));
  const wholes = await predict(inputs.map((input) => ({ ...input, capture: true, keepDeep: true })));
  const shallows = await predict(
    inputs.map((input, i) => ({ ...input, capture: true, deep: wholes[i]!.deep! })),
  );
  for (const [i, { outputs, features }] of shallows.entries()) {
    for (const [b, output] of outputs.entries())
      expect(largestDifference(output, wholes[i]!.outputs[b]!)).toBeLessThan(TOLERANCE);
    // The last of the graph.
    const lent = features!.sites;
    expect(lent.length).toBeGreaterThan(0);
    expect(lent.length).toBeLessThan(wholes[i]!.features!.sites.length);
    for (const [site, block] of lent.entries()) {
      const same = wholes[i]!.features!.sites.at(site - lent.length)!;
      expect(largestDifference(block.data, same.data)).toBeLessThan(TOLERANCE);
    }
  }
  // Attending to others, and all to each other.
  const [first] = inputs as [PredictInput];
  const [made] = await predict([
    {
      ...first,
      attention: { bank: [wholes[1]!.features!, wholes[2]!.features!], self: false },
      keepDeep: true,
    },
  ]);
  const lent = [shallows[1]!.features!, shallows[2]!.features!];
  const [again] = await predict([{ ...first, attention: { bank: lent, self: false }, deep: made!.deep! }]);
  const [alone] = await predict([{ ...first, deep: made!.deep! }]);
  const joint = await predict(
    inputs.map((input) => ({ ...input, keepDeep: true })),
    true,
  );
  const jointly = await predict(
    inputs.map((input, i) => ({ ...input, deep: joint[i]!.deep! })),
    true,
  );
  for (const b of [0, 1]) {
    expect(largestDifference(again!.outputs[b]!, made!.outputs[b]!)).toBeLessThan(TOLERANCE);
    expect(largestDifference(alone!.outputs[b]!, made!.outputs[b]!)).toBeGreaterThan(1e-3);
    for (const i of inputs.keys())
      expect(largestDifference(jointly[i]!.outputs[b]!, joint[i]!.outputs[b]!)).toBeLessThan(TOLERANCE);
  }
});

it('takes the last branches where fewer run than did', async () => {
  await using opened = await open(await tiny({}));
  const input = inputOf(opened, 0);
  const [whole] = await opened.predict([{ ...input, keepDeep: true }]);
  const [one] = await opened.predict([{ ...input, branches: opened.branches.slice(-1), deep: whole!.deep! }]);
  expect(largestDifference(one!.outputs[0]!, whole!.outputs[1]!)).toBeLessThan(TOLERANCE);
});
