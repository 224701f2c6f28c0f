/** Networks that plugins bring: in the library with the plugin's name, checked as all are, and gone when the plugin is. */
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { BUILT_IN } from '../../src/common/plugins/built-in.ts';
import type { Manifest } from '../../src/common/plugins/manifest.ts';
import { builtInBundles } from '../../src/main/engine/library/built-in.ts';
import { Library } from '../../src/main/engine/library/library.ts';
import { MODELS, networksOfPlugins } from '../../src/main/engine/models/contributed.ts';
import { openDepthEstimator } from '../../src/main/engine/models/depth-estimator.ts';
import { ROLES } from '../../src/main/engine/models/roles/registry.ts';
import { openSegmenter } from '../../src/main/engine/models/segmenter.ts';
import { flowGraph, middleGraph } from '../helpers/motion-networks.ts';
import { installNetworks, networkManifest } from '../helpers/network-plugin.ts';
import { textModel } from '../helpers/onnx.ts';
import { externalise, twoLayers, writeModel } from '../helpers/onnx-files.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';
import { writeTinyCaptioner } from '../helpers/tiny-captioner.ts';
import { depthGraph, PLAIN } from '../helpers/tiny-depth.ts';
import { writeTinyImageText } from '../helpers/tiny-image-text.ts';
import { writeTinySegmenter } from '../helpers/tiny-segmenter.ts';

type Estimator = NonNullable<Manifest['contributes']['estimators']>[number];

const ID = 'org.example.eyes';
const CPU = { provider: 'cpu' } as const;

function world(
  estimators: readonly Estimator[],
  models: NonNullable<Manifest['contributes']['models']> = [],
) {
  const home = tempFolder();
  const plugin = { id: ID, name: 'Eyes', contributes: { estimators: [...estimators], models } };
  const dir = installNetworks(home, plugin);
  const contributor = networksOfPlugins(join(home, 'plugins'), () => {});
  const facts = { id: ID, version: '1.0.0', api: 1, name: 'Eyes' };
  const library = new Library({ file: join(home, 'bundles.json'), builtIn: [] });
  onTestFinished(() => {
    contributor.withdraw(ID);
    library.stop();
  });
  return {
    dir,
    library,
    add: () => contributor.contribute({ facts, manifest: networkManifest(plugin), dir }),
    withdraw: () => contributor.withdraw(ID),
  };
}

const estimator = (role: Estimator['role'], folder: string = role): Estimator => ({
  id: folder,
  label: `Small ${role}`,
  role,
  folder,
});

function putGraph(dir: string, folder: string, graph: string): void {
  writeModel(join(dir, folder, 'model.onnx'), textModel(graph));
}

const TWICE = `float32[B, 3, h, w] input => float32[B, 3, H, W] output
  float32[4] scales = {1, 1, 2, 2}
  output = Resize<mode = "nearest">(input, , scales)`;

test('every kind of estimator and a model are in the library while their plugin is there', async () => {
  const roles = [
    'depth',
    'flow',
    'segmenter',
    'captioner',
    'image-text',
    'interpolator',
    'upscaler',
  ] as const;
  const { dir, library, add, withdraw } = world(
    roles.map((role) => estimator(role)),
    [{ id: 'tiny', label: 'Tiny model', folder: 'tiny' }],
  );
  await writeTinyBundle(join(dir, 'tiny'));
  writeModel(join(dir, 'depth', 'model.onnx'), depthGraph());
  writeFileSync(join(dir, 'depth', 'preprocessor_config.json'), JSON.stringify(PLAIN));
  putGraph(dir, 'flow', flowGraph());
  putGraph(dir, 'interpolator', middleGraph());
  putGraph(dir, 'upscaler', TWICE);
  writeTinySegmenter(join(dir, 'segmenter'));
  writeTinyCaptioner(join(dir, 'captioner'));
  await writeTinyImageText(join(dir, 'image-text'), { tokenizer: join(dir, 'tiny', 'tokenizer') });

  expect(await library.list()).toEqual([]);
  await expect(openSegmenter(join(dir, 'segmenter'), CPU)).rejects.toThrow(
    `the plugin ${ID}, which is missing`,
  );
  add();
  const all = await library.list();
  expect(all.map(({ kind, role, name, state, problems }) => [kind, role, name, state, problems])).toEqual([
    ['model', null, 'Tiny model', 'ready', []],
    ...roles.map((role) => ['estimator', role, `Small ${role}`, 'ready', []]),
  ]);
  for (const one of all) {
    expect(one).toMatchObject({ plugin: { id: ID, name: 'Eyes' }, builtIn: false, isDefault: false });
    expect(one.bytes).toBeGreaterThan(100);
    await expect(library.remove(one.path)).rejects.toThrow('it comes with the plugin Eyes');
  }
  expect((await library.facts(join(dir, 'depth'))).facts).toContainEqual(['Plugin', `Eyes (${ID})`]);
  await (await openSegmenter(join(dir, 'segmenter'), CPU)).close();
  expect(await library.modelAt(join(dir, 'tiny'))).toBe(join(dir, 'tiny'));
  expect(await library.estimatorAt('captioner', null, 'x')).toBe(join(dir, 'captioner'));

  withdraw();
  expect(await library.list()).toEqual([]);
  for (const use of [
    () => openDepthEstimator(join(dir, 'depth'), CPU),
    () => library.modelAt(join(dir, 'tiny')),
    () => library.estimatorAt('captioner', join(dir, 'captioner'), 'x'),
  ])
    await expect(use()).rejects.toThrow(`it comes with the plugin ${ID}, which is missing or switched off`);
  await expect(library.estimatorAt('captioner', null, 'x')).rejects.toMatchObject({
    message: 'there is nothing for it: that wants a captioner',
    hint: 'Install a plugin with a captioner, or add its folder to the library.',
  });
});

test('a captioner of the artist is in the library beside those of plugins, and one must be chosen', async () => {
  const { dir, library, add } = world([estimator('captioner')]);
  writeTinyCaptioner(join(dir, 'captioner'));
  const own = writeTinyCaptioner(join(tempFolder(), 'own'), { layout: 'past' });
  await library.add(own);
  expect(await library.estimatorAt('captioner', null, 'x')).toBe(own);
  add();
  await expect(library.estimatorAt('captioner', null, 'x')).rejects.toThrow('there are several');
  expect((await library.list()).map(({ role, plugin }) => [role, plugin?.name])).toEqual([
    ['captioner', undefined],
    ['captioner', 'Eyes'],
  ]);
  await library.remove(own);
  rmSync(join(dir, 'captioner', 'config.json'));
  await expect(library.estimatorAt('captioner', null, 'x')).rejects.toThrow('config.json');
});

test('graphs that reach out of their plugin, or are none, are told and not used', async () => {
  const outside = join(tempFolder(), 'secret.bin');
  writeFileSync(outside, Buffer.alloc(1 << 20));
  const names = ['parent', 'absolute', 'linked', 'link-folder', 'huge', 'noise', 'operator', 'loop'];
  const { dir, library, add } = world(names.map((name) => estimator('segmenter', name)));
  const withWeights = (name: string, location: string) => {
    const model = twoLayers();
    externalise(model, location);
    writeModel(join(dir, name, 'model.onnx'), model);
  };
  withWeights('parent', '../../../secret.bin');
  withWeights('absolute', outside);
  withWeights('linked', 'weights.bin');
  symlinkSync(outside, join(dir, 'linked', 'weights.bin'));
  const elsewhere = writeTinySegmenter(join(tempFolder(), 'elsewhere'));
  mkdirSync(join(dir, 'link-folder'));
  symlinkSync(join(elsewhere, 'model.onnx'), join(dir, 'link-folder', 'model.onnx'));
  const plain = (size: string) => `float32[B, 3, ${size}] x => float32[B, 1, ${size}] mask
    mask = ReduceMean<axes = [1], keepdims = 1>(x)`;
  putGraph(dir, 'huge', plain('2000000000, 2000000000'));
  mkdirSync(join(dir, 'noise'));
  writeFileSync(
    join(dir, 'noise', 'model.onnx'),
    Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256),
  );
  putGraph(dir, 'operator', plain('h, w').replace('ReduceMean<axes = [1], keepdims = 1>', 'org.evil.Run'));
  putGraph(dir, 'loop', plain('h, w').replace('ReduceMean<axes = [1], keepdims = 1>(x)', 'Loop(x)'));
  add();
  const told = Object.fromEntries(
    (await library.list()).map(({ path, state, problems }) => [
      path.slice(dir.length + 1),
      [state, problems[0]],
    ]),
  );
  const says = (name: string, words: string) =>
    expect(told[name], name).toEqual(['damaged', expect.stringContaining(words)]);
  says('parent', 'outside its folder');
  says('absolute', 'outside its folder');
  says('linked', 'leads out of');
  says('link-folder', 'leads out of');
  says('huge', '1×3×2000000000×2000000000');
  says('noise', 'not an ONNX model');
  says('loop', 'Loop');
  // Only the runtime knows its operators: it refuses before the first frame.
  await expect(openSegmenter(join(dir, 'operator'), CPU)).rejects.toThrow('operator');
  await expect(openSegmenter(join(dir, 'linked'), CPU)).rejects.toThrow('leads out of');
});

test('another folder under the same name is looked into anew', async () => {
  const { dir, library, add } = world([estimator('segmenter')]);
  add();
  const state = async () => (await library.list())[0]!.state;
  expect(await state()).toBe('damaged');
  const made = writeTinySegmenter(join(tempFolder(), 'made'));
  cpSync(made, join(dir, 'segmenter'), { recursive: true });
  expect(await state()).toBe('ready');
});

test('what comes with Retake is contributed as well', () => {
  expect(ROLES.list.map(({ id }) => id)).toEqual([
    ...['unet', 'vae-encoder', 'vae-decoder', 'text-encoder', 'text-encoder-2'],
    ...['depth-estimator', 'flow-estimator', 'interpolator', 'segmenter'],
  ]);
  for (const { id } of ROLES.list) expect(ROLES.ownerOf(id)).toBe(BUILT_IN.estimators);
  expect(builtInBundles().map(({ name }) => name)).toEqual(['Retake demo', 'Retake demo with depth']);
  expect(MODELS.ownerOf('demo')).toBe(BUILT_IN.models);
});
