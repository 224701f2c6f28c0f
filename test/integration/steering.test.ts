/** Likeness of decoded pictures, followed back through image encoder, preparation and decoder to the latent; and edits that are steered by it. */
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import type { Fit } from '../../src/common/media.ts';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import type { Latent } from '../../src/main/engine/diffusion/types.ts';
import { alongMotion, sharesOf } from '../../src/main/engine/methods/along-motion.ts';
import { statisticsSlope } from '../../src/main/engine/methods/statistics.ts';
import { openImageText } from '../../src/main/engine/metrics/image-text.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { likenessOf, steeringIn } from '../../src/main/engine/render/steering.ts';
import { makeWorld, movingClip, type World } from '../helpers/cli.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyClip } from '../helpers/tiny-clip.ts';
import { writeTinyImageText } from '../helpers/tiny-image-text.ts';

const demo = resolve(import.meta.dirname, '../../resources/demo');

let world: World;
let clip: string;
let means: string;
let encoder: string;
let blue: string;
let store: ArtefactStore;
beforeAll(async () => {
  world = await makeWorld();
  clip = await movingClip(join(world.dir, 'clip.mov'), { size: '64x64', frames: 3, sound: false });
  const tokenizer = join(world.bundle, 'tokenizer');
  means = await writeTinyImageText(join(world.dir, 'means'), { tokenizer });
  encoder = writeTinyClip(join(world.dir, 'encoder'), tokenizer);
  store = new ArtefactStore(join(world.dir, 'cache.sqlite'), {
    limitBytes: 1e9,
    onWarning: expect.unreachable,
  });
  blue = join(world.dir, 'blue.png');
  await ffmpegDoes('-f', 'lavfi', '-i', 'color=0x2040ff:s=90x50', '-frames:v', '1', blue);
});
afterAll(() => {
  store.close();
  world[Symbol.dispose]();
});

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const unit = (a: Float32Array) => a.map((value) => value / Math.sqrt(dot(a, a)));

describe.each([
  ['a tiny model and mean colours', () => world.bundle, () => means],
  ['a tiny model and a CLIP of its repository', () => world.bundle, () => encoder],
  ['the demo model and its image-text model', () => join(demo, 'bundle'), () => join(demo, 'image-text')],
] as const)('the likeness that %s see', (_, bundleAt, modelAt) => {
  it('has the gradient by the latent that central differences give', async () => {
    const bundle = await openBundle(bundleAt(), { sites: 'none', provider: 'cpu', steers: true });
    const model = await openImageText(modelAt(), undefined, { gradients: true });
    try {
      const { factor, latentChannels: channels } = bundle;
      const shape = { channels, height: 6, width: 8 };
      const size = { width: 8 * factor, height: 6 * factor };
      const content = { contentWidth: size.width - 6, contentHeight: size.height - 4 };
      const fit: Fit = { ...size, ...content, sourceWidth: 99, sourceHeight: 99, left: 3, top: 2 };
      const { embedding } = await model.embedText('a swan');
      const look = unit(noiseFor(3, 0, embedding.length));
      const to = { prompt: 0.7, style: 0.4 };
      const { signal } = new AbortController();
      const likeness = likenessOf({ bundle, model, shape, fit, signal, prompt: embedding, look });
      const latent = noiseFor(5, 0, channels * 48).map((value) => 0.5 * value);
      const found = await likeness(latent, to);
      const sum = async (at: Float32Array) => {
        const { prompt, style } = await likeness(at, to);
        return to.prompt * prompt! + to.style * style!;
      };
      // Along the gradient itself, where differences are largest, and across it; short, for rectifiers and the largest of maps have corners.
      const by = 0.003;
      const way = unit(found.gradient);
      const steep = Math.sqrt(dot(found.gradient, found.gradient));
      for (const direction of [
        way,
        unit(noiseFor(6, 0, latent.length).map((value, i) => value / 12 + way[i]!)),
      ]) {
        const [up, down] = [by, -by].map((step) => latent.map((value, i) => value + step * direction[i]!));
        const difference = ((await sum(up!)) - (await sum(down!))) / (2 * by);
        expect(Math.abs(difference - dot(found.gradient, direction)) / steep).toBeLessThan(5e-3);
      }
      expect(steep).toBeGreaterThan(1e-5);
      expect((await likeness(latent, { prompt: 1, style: 0 })).style).toBeNull();
    } finally {
      await bundle.close();
      await model.close();
    }
  });
});

describe('a steered edit', () => {
  const settingsOf = (params: object, guide: object = {}): EditSettings => {
    const settings = settingsWith({
      ...{ clip, bundle: world.bundle, out: join(world.out, 'take.mov'), method: 'guided', params },
      ...{
        sourcePrompt: 'a red car',
        prompt: 'a white swan',
        steps: 4,
        refinement: 0,
        size: 64,
        provider: 'cpu',
      },
    });
    return { ...settings, guide: { ...settings.guide, ...guide } };
  };
  /** @param stopAfter frames that were visited; null to the end */
  async function edited(settings: EditSettings, dir = tempFolder(), stopAfter: number | null = null) {
    const abort = new AbortController();
    let visits = 0;
    const context = {
      ...contextWith({ dir, store, signal: abort.signal }),
      async onGlimpse() {
        if (++visits === stopAfter) abort.abort();
      },
    };
    await using shot = await prepareShot(settings, context, false);
    return await sampleShot(shot, await derive(shot, context), context);
  }
  const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;

  it('is more like its prompt, like what a style picture shows and its colours, and each frame like the one before', async () => {
    const all = { prompt: 0.1, style: 0.1, styleBy: 'likeness', neighbour: 0.5 };
    const guide = { steerBy: means, style: [blue] };
    const context = contextWith({ dir: tempFolder(), store });
    await using shot = await prepareShot(settingsOf(all, guide), context, false);
    const { motions } = await derive(shot, context);
    const { likeness, style } = await steeringIn(shot, context);
    const measures = {
      prompt: async (latent: Latent) => (await likeness!(latent, { prompt: 1, style: 0 })).prompt!,
      look: async (latent: Latent) => (await likeness!(latent, { prompt: 0, style: 1 })).style!,
      colours: async (latent: Latent) => -statisticsSlope(latent, style!).distance,
      neighbour: async (latent: Latent, frame: number, latents: readonly Latent[]) => {
        const motion = motions!.between(frame, Math.max(0, frame - 1));
        const there = alongMotion(latents[Math.max(0, frame - 1)]!, shot.shape, motion);
        const shares = sharesOf(1, motion);
        return -mean([...there.map((value, i) => shares[i % shares.length]! * (value - latent[i]!) ** 2)]);
      },
    };
    const off = await edited(settingsOf({}));
    for (const [measure, params] of [
      ['prompt', { prompt: 0.1 }],
      ['look', { style: 0.1, styleBy: 'likeness' }],
      ['colours', { style: 0.3, limit: 0.3 }],
      ['neighbour', { neighbour: 0.7, limit: 0.3 }],
    ] as const) {
      const on = await edited(settingsOf(params, guide));
      const of = async (latents: readonly Latent[]) =>
        mean(await Promise.all(latents.map((latent, i) => measures[measure](latent, i, latents))));
      const [before, after] = [await of(off.latents), await of(on.latents)];
      expect(after - before, measure).toBeGreaterThan(0.02 * Math.abs(before));
    }
  });

  it('that was stopped goes on to the same bits, and begins anew where another model steers', async () => {
    const settings = settingsOf(
      { prompt: 0.05, style: 0.2, neighbour: 0.4 },
      { steerBy: means, style: [blue] },
    );
    const whole = await edited(settings);
    const dir = tempFolder();
    await expect(edited(settings, dir, 5)).rejects.toBeInstanceOf(Cancelled);
    const other = { ...settings, guide: { ...settings.guide, steerBy: encoder } };
    const begun = await edited(other, dir, null);
    expect(begun.resumedFrom).toBeNull();
    expect(begun.latents).not.toEqual(whole.latents);
    await expect(edited(settings, dir, 5)).rejects.toBeInstanceOf(Cancelled);
    const resumed = await edited(settings, dir);
    expect(resumed.resumedFrom).not.toBeNull();
    expect(resumed.latents).toEqual(whole.latents);
  });

  it('of which nothing is pulled is the plain one to the bit, whatever is named', async () => {
    const { latents } = await edited(settingsOf({}, { steerBy: join(world.dir, 'nowhere'), style: [blue] }));
    expect(latents).toEqual((await edited(settingsOf({}))).latents);
  });

  it.each([
    [{}, ['(steer-by)', '“Style pictures”']],
    [{ neighbour: 0.3 }, ['(steer-by)', '“Style pictures”']],
    [{ style: 0.1 }, ['(steer-by)']],
    [{ prompt: 0.1 }, ['“Style pictures”']],
    [{ style: 0.1, styleBy: 'likeness' }, []],
  ])('says what is named and pulls nothing: %o', async (params, unread) => {
    const context = contextWith({ dir: tempFolder(), store });
    await using _ = await prepareShot(settingsOf(params, { steerBy: means, style: [blue] }), context, false);
    const said = context.warnings.filter((line) => line.includes('not read'));
    expect(said).toEqual(unread.map((flag) => expect.stringContaining(flag)));
  });

  it('is refused before anything is computed where it does not know by what', async () => {
    const refused = (params: object, guide: object = {}) => edited(settingsOf(params, guide));
    await expect(refused({ prompt: 0.1 })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('no image-text model is named'),
      hint: expect.stringContaining('(steer-by)'),
    });
    await expect(refused({ style: 0.1 })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('no style picture'),
      hint: expect.stringContaining('“Style pictures”'),
    });
    await expect(refused({ prompt: 0.1 }, { steerBy: world.out })).rejects.toThrow('text_model.onnx');
    await expect(refused({ style: 0.1 }, { style: [join(world.out, 'none.png')] })).rejects.toMatchObject({
      doing: expect.stringContaining('none.png'),
    });
  });
});
