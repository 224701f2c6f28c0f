/** Edits that ControlNets hold: what they follow, how far it changes the take, what is refused, and that nothing else changes. */
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Cancelled, errorLine } from '../../src/common/errors.ts';
import type { EditRequest } from '../../src/common/settings/settings.ts';
import { parseSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { readControlNet } from '../../src/main/engine/models/controlnet.ts';
import { rememberingFacts } from '../../src/main/engine/models/facts.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { createPlanner } from '../../src/main/engine/queue/plan.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { makeWorld, movingClip, type World } from '../helpers/cli.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import { bits, largestDifference } from '../helpers/onnx.ts';
import { contextWith } from '../helpers/prepared.ts';
import { sharedPath } from '../helpers/shared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { FOR_SHIPPED, FOR_TINY, writeTinyControlNet } from '../helpers/tiny-controlnet.ts';
import { writeTinyDepth } from '../helpers/tiny-depth.ts';

const SHIPPED = resolve(import.meta.dirname, '../../resources/demo/bundle');
const FRAMES = 3;
const STEPS = 4;
let world: World;
let clip: string;
let net: string;

beforeAll(async () => {
  world = await makeWorld();
  clip = await movingClip(join(world.dir, 'clip.mov'), { size: '68x44', frames: FRAMES, sound: false });
  net = writeTinyControlNet(join(world.dir, 'net'));
});
afterAll(() => world[Symbol.dispose]());

type Controls = NonNullable<NonNullable<EditRequest['model']>['controls']>;

function settingsOf(controls: Controls, more: Partial<EditRequest> = {}) {
  return parseSettings({
    source: { clip },
    prompts: { source: 'a red car', target: 'a white swan' },
    method: { id: 'sdedit', params: {} },
    sampling: { steps: STEPS, size: 64 },
    inversion: { refinement: 0 },
    output: { path: join(world.dir, 'take.mov') },
    ...more,
    model: { bundle: world.bundle, provider: 'cpu', controls },
  });
}

function storeIn(dir = tempFolder()): ArtefactStore {
  const store = new ArtefactStore(join(dir, 'cache.sqlite'), {
    limitBytes: 1e9,
    onWarning: expect.unreachable,
  });
  onTestFinished(() => store.close());
  return store;
}

async function sampled(
  settings: ReturnType<typeof settingsOf>,
  options: Partial<Parameters<typeof contextWith>[0]> = {},
  told: string[] = [],
) {
  const context = contextWith({ dir: tempFolder(), ...options });
  await using shot = await prepareShot(settings, context);
  const made = await derive(shot, context);
  const done = await sampleShot(shot, made, context);
  told.push(...context.warnings);
  return { ...done, made, open: shot.bundle.sessions.controlNet?.open };
}

const flat = (latents: readonly Float32Array[]) => Float32Array.from(latents.flatMap((one) => [...one]));
const same = (a: readonly Float32Array[], b: readonly Float32Array[]) => bits(flat(a)).equals(bits(flat(b)));

describe('a ControlNet', () => {
  it('holds a take more the larger its scale, in its share of the steps, and lets go of its memory', async () => {
    const free = await sampled(settingsOf([]));
    const off = await sampled(settingsOf([{ path: net, scale: 0 }]));
    expect(same(off.latents, free.latents)).toBe(true);
    const held = await sampled(settingsOf([{ path: net }]));
    expect(held.open).toBe(false);
    const visits = free.unetCalls;
    expect(held.controlCalls).toBe(visits);
    const little = await sampled(settingsOf([{ path: net, scale: 0.1 }]));
    const far = (one: typeof held) => largestDifference(flat(one.latents), flat(free.latents));
    expect(far(little)).toBeGreaterThan(1e-3);
    expect(far(held)).toBeGreaterThan(2 * far(little));
    // Its last step comes too late.
    const told: string[] = [];
    const late = await sampled(settingsOf([{ path: net, start: 0.9 }]), {}, told);
    expect(told).toEqual([
      'the ControlNet net holds nothing: no whole step lies in 90 to 100 % of the steps',
    ]);
    expect(late.controlCalls).toBe(0);
    expect(same(late.latents, free.latents)).toBe(true);
    const half = await sampled(settingsOf([{ path: net, end: 0.5 }]));
    expect(half.controlCalls).toBeLessThan(visits);
    expect(half.controlCalls).toBeGreaterThan(0);
    expect(same(half.latents, held.latents)).toBe(false);
  });

  it('adds to others', async () => {
    const both = await sampled(
      settingsOf([
        { path: net, scale: 0.5 },
        { path: net, scale: 0.5 },
      ]),
    );
    const one = await sampled(settingsOf([{ path: net }]));
    expect(largestDifference(flat(both.latents), flat(one.latents))).toBeLessThan(1e-4);
  });

  it('may be an export, which gives the same take', async () => {
    const folder = writeTinyControlNet(join(tempFolder(), 'net'));
    const file = join(folder, 'model.onnx');
    const { source } = await readControlNet(folder);
    writeFileSync(file, serializeModel(source.load().model));
    const asked = (path: string) => sampled(settingsOf([{ path }]));
    const [exported, own] = [await asked(file), await asked(net)];
    expect(same(exported.latents, own.latents)).toBe(true);
    expect((await readControlNet(folder)).source.file).toBe(file);
  });

  it('follows edges, soft edges, depth and a clip, each in its own way', async () => {
    const estimator = join(tempFolder(), 'estimators');
    await writeTinyDepth(estimator, {});
    const lines = join(tempFolder(), 'lines.mov');
    await ffmpegDoes('-f', 'lavfi', '-i', `testsrc2=s=68x44:r=12`, '-frames:v', `${FRAMES}`, lines);
    const made: (readonly Float32Array[])[] = [];
    for (const control of [
      { condition: 'canny', low: 20, high: 60 },
      { condition: 'canny', low: 20, high: 60, blur: 1.5 },
      { condition: 'soft-edge' },
      { condition: 'depth', estimator: join(estimator, 'depth_estimator') },
      { condition: 'depth', clip: lines },
      { condition: 'clip', clip: lines },
    ] as const) {
      const { latents, made: ingredients } = await sampled(settingsOf([{ path: net, ...control }]));
      const [pictures] = ingredients.controls;
      expect(pictures).toHaveLength(FRAMES);
      // 64² in area: 80×52 of picture in a canvas of 80×56; the padding is black.
      for (const picture of pictures!) {
        const channels = picture.length % 3 === 0 && control.condition === 'clip' ? 3 : 1;
        expect(picture.subarray(0, 10 * channels).every((value) => value === 0)).toBe(true);
        expect(picture.some((value) => value > 0)).toBe(true);
      }
      for (const other of made) expect(same(latents, other)).toBe(false);
      made.push(latents);
    }
  });

  it('goes on where a render was stopped, to the bit, and is told apart by what it follows', async () => {
    const dir = tempFolder();
    const store = storeIn(dir);
    const settings = settingsOf([{ path: net, condition: 'soft-edge', end: 0.8 }]);
    const whole = await sampled(settings, { store });
    expect(whole.made.counts.kinds.condition).toEqual({ found: 0, made: FRAMES });
    const stop = new AbortController();
    let left = 5;
    const stopped = sampled(settings, {
      ...{ dir, store, signal: stop.signal },
      onProgress: ({ phase }) => {
        if (phase === 'sample' && --left === 0) stop.abort();
      },
    });
    await expect(stopped).rejects.toThrow(Cancelled);
    const resumed = await sampled(settings, { dir, store });
    expect(resumed.made.counts.kinds.condition).toEqual({ found: FRAMES, made: 0 });
    expect(resumed.resumedFrom).not.toBeNull();
    expect(same(resumed.latents, whole.latents)).toBe(true);
    const other = await sampled(settingsOf([{ path: net, condition: 'soft-edge', end: 0.7 }]), {
      dir,
      store,
    });
    expect(other.resumedFrom).toBeNull();
  });

  it('inverts nothing again: frames are inverted without it', async () => {
    const store = storeIn();
    const method = { method: { id: 'pix2video', params: {} } };
    const free = await sampled(settingsOf([], method), { store });
    const held = await sampled(settingsOf([{ path: net }], method), { store });
    expect(held.made.inversion).toMatchObject({ computed: 0, unetCalls: 0 });
    expect(same(held.latents, free.latents)).toBe(false);
  });

  it('is counted by a plan as its render counts it', async () => {
    const dir = tempFolder();
    const settings = settingsOf([
      { path: net, end: 0.5 },
      { path: net, condition: 'soft-edge', scale: 0.2 },
    ]);
    const plan = createPlanner({
      ...{
        cache: storeIn(dir),
        store: null,
        probe: (path: string) => probeClip(path),
        facts: rememberingFacts(undefined),
        dir,
      },
      isBusy: () => true,
    });
    const planned = await plan(settings);
    const { controlCalls, made } = await sampled(settings, { store: storeIn() });
    expect(planned.controlCalls).toBe(controlCalls);
    expect(planned.derived).toEqual(made.counts);
    // What was read is remembered, but not what became of the file.
    const moved = writeTinyControlNet(join(tempFolder(), 'net'));
    const asked = settingsOf([{ path: moved }]);
    expect((await plan(asked)).controlCalls).toBeGreaterThan(0);
    expect((await plan(asked)).controlCalls).toBeGreaterThan(0);
    rmSync(moved, { recursive: true });
    await expect(plan(asked)).rejects.toThrow(/the ControlNet net is not there/);
  });
});

it('holds the model that ships', async () => {
  const own = writeTinyControlNet(join(tempFolder(), 'net'), FOR_SHIPPED);
  const settings = (controls: Controls, more: Partial<EditRequest> = {}) =>
    parseSettings({
      source: { clip, range: { start: 0, end: 1 } },
      ...{ prompts: { source: 'a red ball', target: 'a blue ball' }, method: { id: 'img2img', params: {} } },
      ...{ sampling: { steps: 2, size: 64 }, output: { path: join(world.dir, 'take.mov') } },
      ...more,
      model: { bundle: SHIPPED, provider: 'cpu', controls },
    });
  const free = await sampled(settings([]));
  expect(same((await sampled(settings([{ path: own, scale: 0 }]))).latents, free.latents)).toBe(true);
  const held = await sampled(settings([{ path: own }]));
  expect(largestDifference(flat(held.latents), flat(free.latents))).toBeGreaterThan(0.01);
});

const golden = sharedPath('golden', 'checkpoints');
describe.skipIf(!golden)('of checkpoints as artists have them', () => {
  const of = (name: string) => join(golden!, name);
  const take = async (model: string, controls: Controls) => {
    const settings = settingsOf(controls, {
      source: { clip, range: { start: 0, end: 1 } },
      // A folder of XL need not say that an empty prompt is none at all, as files of XL have it.
      prompts: { source: 'a red car', target: 'a white swan', negative: 'rain' },
      sampling: { steps: 2, size: 64, guidance: 5 },
    });
    return sampled({ ...settings, model: { ...settings.model, bundle: of(model) } });
  };

  it.each([
    ['sd1-folder', 'sd1-single-fp16.safetensors', 'controlnet/sd1'],
    ['sdxl-folder', 'sdxl-single-fp16.safetensors', 'controlnet/sdxl'],
  ])('%s and %s are held alike', async (folder, file, net) => {
    const path = of(net);
    const asked = { path, low: 20, high: 60 };
    const free = await take(folder, []);
    const held = await take(folder, [asked]);
    expect(largestDifference(flat(held.latents), flat(free.latents))).toBeGreaterThan(0.01);
    // The file alone, without its config.json; and a checkpoint that holds the same numbers.
    const alone = join(path, 'diffusion_pytorch_model.safetensors');
    expect(same((await take(folder, [{ ...asked, path: alone }])).latents, held.latents)).toBe(true);
    const single = await take(file, [asked]);
    expect(largestDifference(flat(single.latents), flat(held.latents))).toBeLessThan(1e-5);
  });

  it('depth is followed as a DPT of transformers estimates it, beside a LoRA', async () => {
    const estimator = of('depth_estimator/dpt');
    const asked = { path: of('controlnet/sd1'), condition: 'depth', estimator } as const;
    const settings = settingsOf([asked], {
      source: { clip, range: { start: 0, end: 1 } },
      sampling: { steps: 1, size: 64 },
    });
    const lora = of('lora/sd1-kohya.safetensors');
    const held = await sampled({
      ...settings,
      model: { ...settings.model, bundle: of('sd1-folder'), loras: [{ path: lora, strength: 0.7 }] },
    });
    const grey = held.made.controls[0]![0]!;
    expect([Math.min(...grey), Math.max(...grey)]).toEqual([0, 255]);
    expect(held.controlCalls).toBe(held.unetCalls);
  });

  it('those of another family are refused by name', async () => {
    const [one, xl] = [of('controlnet/sd1'), of('controlnet/sdxl')];
    const refused = take('sd1-folder', [{ path: xl }]);
    await expect(refused).rejects.toThrow(/a ControlNet for Stable Diffusion XL, sd1-folder is/);
    await expect(take('sdxl-folder', [{ path: one }])).rejects.toThrow(/sdxl-folder is Stable Diffusion XL/);
  });
});

describe('what cannot hold a take is refused before anything is computed', () => {
  const refused = async (controls: Controls, message: RegExp, more: Partial<EditRequest> = {}) => {
    const settings = settingsOf(controls, more);
    const said = (asked: Promise<unknown>) => asked.then(() => 'nothing is refused', errorLine);
    expect(await said(sampled(settings))).toMatch(message);
    const dir = tempFolder();
    const plan = createPlanner({
      ...{
        cache: null,
        store: null,
        probe: (path: string) => probeClip(path),
        facts: rememberingFacts(undefined),
        dir,
      },
      isBusy: () => true,
    });
    expect(await said(plan(settings))).toMatch(message);
  };

  it('a file that is not there, by its name', async () => {
    await refused(
      [{ path: join(world.dir, 'gone.safetensors') }],
      /the ControlNet gone\.safetensors is not there/,
    );
  });

  it('whatever a ControlNet at scale 0 names that is not there or does not fit, as at any other', async () => {
    const off = { path: net, scale: 0 };
    const gone = (name: string) => join(world.dir, name);
    await refused(
      [{ ...off, path: gone('gone.safetensors') }],
      /the ControlNet gone\.safetensors is not there/,
    );
    await refused([{ ...off, condition: 'clip', clip: gone('lines.mov') }], /lines\.mov/);
    await refused([{ ...off, condition: 'depth', estimator: gone('dpt') }], /dpt/);
    const wide = writeTinyControlNet(join(tempFolder(), 'wide'), { ...FOR_TINY, text: 1024 });
    await refused([{ ...off, path: wide }], /this is a ControlNet for Stable Diffusion 2/);
    // What it does not name is not missed.
    const free = await sampled(settingsOf([]));
    const idle = await sampled(settingsOf([{ ...off, condition: 'depth' }]));
    expect(same(idle.latents, free.latents)).toBe(true);
  });

  it('a ControlNet of another family, and of another build', async () => {
    const wide = writeTinyControlNet(join(tempFolder(), 'wide'), { ...FOR_TINY, text: 1024 });
    await refused(
      [{ path: wide }],
      /this is a ControlNet for Stable Diffusion 2, .* is a model that reads text of width/,
    );
    const other = writeTinyControlNet(join(tempFolder(), 'other'), { ...FOR_TINY, widths: [8, 24] });
    await refused([{ path: other }], /a ControlNet for a network of another build/);
  });

  it('a file that is none', async () => {
    const page = join(tempFolder(), 'page.safetensors');
    writeFileSync(page, '<!DOCTYPE html><html></html>');
    await refused([{ path: page }], /page\.safetensors/);
  });

  it('a clip that ends too soon, or has another shape', async () => {
    const short = await movingClip(join(tempFolder(), 'short.mov'), { size: '68x44', frames: 2 });
    await refused(
      [{ path: net, condition: 'clip', clip: short }],
      /short\.mov has 2 frames, the edit reaches frame 2/,
    );
    const tall = await movingClip(join(tempFolder(), 'tall.mov'), { size: '44x68', frames: FRAMES });
    await refused([{ path: net, condition: 'clip', clip: tall }], /tall\.mov is 44×68, another shape/);
  });

  it('depth that nothing estimates', async () => {
    await refused([{ path: net, condition: 'depth' }], /the model has nothing that estimates depth/);
  });

  it('settings that contradict themselves', () => {
    expect(() => settingsOf([{ path: net, condition: 'clip' }])).toThrow(/has no clip to follow/);
    expect(() => settingsOf([{ path: net, start: 0.6, end: 0.5 }])).toThrow(/ends before it starts/);
  });
});
