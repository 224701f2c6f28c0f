/** Depth estimators as Stable Diffusion 2-depth brings them: weights and configuration in depth_estimator, the pictures' in feature_extractor. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openBundle } from '../../src/main/engine/models/open.ts';
import { readBundle } from '../../src/main/engine/models/read.ts';
import { dpt } from '../../src/main/engine/onnx/networks/dpt.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { readWeights } from '../../src/main/engine/onnx/safetensors/component.ts';
import { formulaWeight } from '../helpers/formula-weights.ts';
import { writeSafetensors } from '../helpers/safetensors-files.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const SIDE = 48;
const PROCESSOR = {
  ...{ do_normalize: true, do_resize: true, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] },
  ...{ size: SIDE, resample: 3, feature_extractor_type: 'DPTFeatureExtractor' },
};

interface Golden {
  readonly config: object;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
}

/** A model of depth with an estimator of its own. */
async function written(kind: 'dpt' | 'dpt-hybrid', config: object = {}): Promise<string> {
  const file = join(import.meta.dirname, '../golden/written-networks', `${kind}.json`);
  const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden;
  const dir = await writeTinyBundle(join(tempFolder(), 'tiny'), { kind: 'depth' });
  const estimator = join(dir, 'depth_estimator');
  mkdirSync(estimator);
  mkdirSync(join(dir, 'feature_extractor'));
  const tensors = Object.entries(golden.tensors).map(([name, shape]) => {
    const bytes = new Uint8Array(formulaWeight(name, shape).buffer);
    return [name, { dtype: 'F32', shape, bytes }] as const;
  });
  writeSafetensors(join(estimator, 'model.safetensors'), Object.fromEntries(tensors));
  const said = { architectures: ['DPTForDepthEstimation'], model_type: 'dpt', ...golden.config, ...config };
  writeFileSync(join(estimator, 'config.json'), JSON.stringify(said));
  writeFileSync(join(dir, 'feature_extractor', 'preprocessor_config.json'), JSON.stringify(PROCESSOR));
  return dir;
}

describe('a model with a depth estimator of safetensors', () => {
  it.each(['dpt', 'dpt-hybrid'] as const)('sees as its %s does', async (kind) => {
    const dir = await written(kind);
    const bundle = await openBundle(dir, { sites: 'none', provider: 'cpu' });
    await using _ = { [Symbol.asyncDispose]: () => bundle.close() };
    expect(bundle.depth!.sizeFor({ width: 96, height: 60 })).toEqual({ width: SIDE, height: SIDE });
    const rgb = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 37) % 251);
    const map = await bundle.depth!.estimate(rgb, { width: SIDE, height: SIDE });
    expect([map.width, map.height]).toEqual([64, 64]);

    const folder = join(dir, 'depth_estimator');
    const config: unknown = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    const network = dpt(readWeights(folder, { root: dir, label: 'the estimator' }), config);
    const session = await createSession(network.model, {
      ...{ folder: network.folder, provider: 'cpu', label: 'the estimator' },
    });
    const plane = SIDE * SIDE;
    const data = Float32Array.from(
      { length: 3 * plane },
      (_, i) => (rgb[(i % plane) * 3 + Math.floor(i / plane)]! / 255) * 2 - 1,
    );
    const feeds = { pixel_values: { type: 'float32', data, dims: [1, 3, SIDE, SIDE] } } as const;
    const { predicted_depth } = await session.run(feeds, ['predicted_depth']);
    await session.release();
    const farthest = Math.max(...map.data.map((value, i) => Math.abs(value - predicted_depth!.data[i]!)));
    expect(farthest).toBeLessThan(1e-4);
    expect(Math.max(...map.data)).toBeGreaterThan(1);
  });

  it('has keys that tell its weights and what is said of them', async () => {
    const digest = async (dir: string) => (await readBundle(dir, {})).digests;
    const [one, same, other] = [
      await digest(await written('dpt')),
      await digest(await written('dpt')),
      await digest(await written('dpt', { num_attention_heads: 4 })),
    ];
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
  });

  it('is refused by the key that Retake does not know', async () => {
    const open = async (config: object) =>
      openBundle(await written('dpt-hybrid', config), { sites: 'none', provider: 'cpu' });
    await expect(open({ use_batch_norm_in_fusion_residual: true })).rejects.toMatchObject({
      code: 'bundle-invalid',
      message: expect.stringContaining('use_batch_norm_in_fusion_residual: true'),
    });
    await expect(open({ backbone_config: { layer_type: 'preactivation' } })).rejects.toThrow(
      'its configuration says layer_type: "preactivation", which Retake does not know',
    );
    await expect(open({ neck_hidden_sizes: [8, 8, 16, 16] })).rejects.toThrow(
      'its backbone does not make the three maps its neck reads',
    );
  });
});
