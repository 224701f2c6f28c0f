/** A model whose networks cannot be followed back is refused before anything is computed, by a render and by its plan alike. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { rememberingFacts } from '../../src/main/engine/models/facts.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import { sortNodes } from '../../src/main/engine/onnx/ir/sort.ts';
import { int64Tensor } from '../../src/main/engine/onnx/ir/types.ts';
import { parseModel, serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { createPlanner } from '../../src/main/engine/queue/plan.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { makeWorld, movingClip, type World } from '../helpers/cli.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';
import { writeTinyImageText } from '../helpers/tiny-image-text.ts';

let world: World;
let clip: string;
let inUnet: string;
let inDecoder: string;
let likeness: string;
let summedLikeness: string;

beforeAll(async () => {
  world = await makeWorld();
  clip = await movingClip(join(world.dir, 'clip.mov'), { size: '64x64', frames: 3, sound: false });
  inUnet = await summed(world.bundle, 'unet/model.onnx', /conv_act/);
  inDecoder = await summed(world.bundle, 'vae_decoder/model.onnx', /conv_in/);
  const tokenizer = join(world.bundle, 'tokenizer');
  likeness = await writeTinyImageText(join(world.dir, 'likeness'), { tokenizer });
  summedLikeness = await summed(likeness, 'vision_model.onnx', /means/);
});
afterAll(() => world[Symbol.dispose]());

/** A copy in which readers of a value read its running sum: a form that runs, and has no rule. */
async function summed(model: string, network: string, value: RegExp): Promise<string> {
  const dir = join(world.dir, `summed in ${network.replaceAll('/', ' ')}`);
  await cp(model, dir, { recursive: true });
  const file = join(dir, network);
  const read = parseModel(await readFile(file));
  const { graph } = read;
  const made = [...graph.nodes].flatMap(({ outputs }) => outputs).find((name) => value.test(name))!;
  const readers = graph.consumers(made);
  const axis = graph.addInitializer(int64Tensor('axis_of_sum', [], [1]));
  graph.addNode('CumSum', [made, axis], {}, { name: '/added/CumSum', outputs: ['summed'] });
  for (const reader of readers)
    for (const [i, input] of reader.inputs.entries()) if (input === made) graph.setInput(reader, i, 'summed');
  sortNodes(graph);
  await writeFile(file, serializeModel(read));
  return dir;
}

function settingsOf(bundle: string, more: object) {
  return settingsWith({
    ...{ clip, bundle, out: join(tempFolder(), 'take.mov'), provider: 'cpu', size: 64 },
    ...{ sourcePrompt: 'a red car', prompt: 'a white swan', steps: 2, guidance: 3, ...more },
  });
}

function steeredBy(bundle: string, steerBy: string) {
  const settings = settingsOf(bundle, { method: 'guided', params: { prompt: 0.02 } });
  return { ...settings, guide: { ...settings.guide, steerBy } };
}

function withNullText(bundle: string) {
  const settings = settingsOf(bundle, { method: 'img2img' });
  return { ...settings, inversion: { ...settings.inversion, nullText: 'frame' as const } };
}

const EXACT = { method: 'pix2video', params: { update: 'exact' } };
const CASES = [
  ['the exact update', 'unet/model.onnx', () => settingsOf(inUnet, EXACT)],
  ['null-text', 'unet/model.onnx', () => withNullText(inUnet)],
  ['learning', 'unet/model.onnx', () => settingsOf(inUnet, { method: 'tune-a-video' })],
  [
    'the decoder, where an image-text model steers',
    'vae_decoder/model.onnx',
    () => steeredBy(inDecoder, likeness),
  ],
  ['that image-text model itself', 'vision_model.onnx', () => steeredBy(world.bundle, summedLikeness)],
] as const;

const refused = (file: string) => ({
  code: 'bundle-invalid',
  message: 'the operator CumSum (/added/CumSum) cannot be differentiated',
  doing: expect.stringMatching(new RegExp(`^following .*${file} backwards$`)),
  hint: expect.stringContaining('without gradients'),
});

describe.each(CASES)('%s', (_, file, settings) => {
  it('is refused by a render, with no session opened', async () => {
    const heard: unknown[] = [];
    const context = contextWith({ dir: tempFolder(), onProgress: (progress) => heard.push(progress) });
    await expect(prepareShot(settings(), context)).rejects.toMatchObject(refused(file));
    expect(heard).toEqual([]);
  });

  it('is refused by a plan', async () => {
    const plan = createPlanner({
      ...{ cache: null, store: null, dir: tempFolder(), isBusy: () => false },
      ...{ probe: rememberingProbe(), facts: rememberingFacts(undefined) },
    });
    await expect(plan(settings())).rejects.toMatchObject(refused(file));
  });
});

it('what is not followed back is not refused', async () => {
  await using shot = await prepareShot(
    settingsOf(inUnet, { method: 'img2img' }),
    contextWith({ dir: tempFolder() }),
  );
  expect(shot.bundle.siteCount).toBe(0);
});

it.each([
  { kind: 'sd', half: true },
  { kind: 'depth', dialect: 'old' },
  { kind: 'inpainting' },
  { kind: 'xl' },
] as const)('$kind costs no session, and refuses nothing that can be followed back', async (model) => {
  const dir = await writeTinyBundle(tempFolder(), model);
  const how = { sites: 'all', joint: true, provider: 'cpu', learnt: { rank: 4 }, steers: true } as const;
  const bundle = await openBundle(dir, { ...how, gradients: ['latent', 'text', 'weights'] });
  bundle.checkFollowed({ channels: 4, height: 16, width: 16 });
  expect(Object.values(bundle.sessions).map(({ opened }) => opened)).toEqual(
    Object.values(bundle.sessions).map(() => 0),
  );
  await bundle.close();
});
