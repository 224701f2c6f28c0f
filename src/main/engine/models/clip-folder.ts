/** CLIP as its repositories have it: the weights of both networks in one file (or in shards), and config.json. */
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { WrittenNetwork } from '../onnx/networks/builder.ts';
import { clipText } from '../onnx/networks/clip-text.ts';
import { clipVision } from '../onnx/networks/clip-vision.ts';
import type { StoredWeights } from '../onnx/networks/stored.ts';
import { readWeights } from '../onnx/safetensors/component.ts';
import { defect, readJson } from './files.ts';
import type { Source } from './source.ts';

const network = z.record(z.string(), z.unknown());

const clipConfig = z.object({
  model_type: z.literal('clip', { error: 'this is no CLIP model' }),
  projection_dim: z.int().min(1).default(512),
  text_config: network.nullish(),
  vision_config: network.nullish(),
  /** The first CLIP models say the same twice; transformers takes what is said here. */
  text_config_dict: network.nullish(),
  vision_config_dict: network.nullish(),
});

/** Of training alone. */
const UNREAD = /^logit_scale$|\.position_ids$/;
const TEXT = /^text_(model|projection)\./;
const VISION = /^(vision_model|visual_projection)\./;

/** Both networks with their projections. @throws AppError bundle-invalid, weights-missing */
export async function clipFolder(dir: string): Promise<{ readonly text: Source; readonly vision: Source }> {
  const configFile = join(dir, 'config.json');
  const config = await readJson(configFile, clipConfig);
  const name = basename(dir);
  const common = { architectures: undefined, projection_dim: config.projection_dim };
  const part = (
    label: string,
    pattern: RegExp,
    write: (weights: StoredWeights, config: unknown) => WrittenNetwork,
    said: object,
  ): Source => ({
    file: configFile,
    load() {
      const all = readWeights(dir, { root: dir, label: `${label} of ${name}` });
      const odd = all.names.find((one) => !TEXT.test(one) && !VISION.test(one) && !UNREAD.test(one));
      if (odd !== undefined)
        throw defect(dir, `CLIP has no weight ${odd}`, 'Choose the folder of a CLIP model.');
      return write({ ...all, names: all.names.filter((one) => pattern.test(one)) }, { ...said, ...common });
    },
    files: (graph) => [...graph.files, configFile],
  });
  return {
    text: part('text network', TEXT, clipText, { ...config.text_config, ...config.text_config_dict }),
    vision: part('picture network', VISION, clipVision, {
      ...config.vision_config,
      ...config.vision_config_dict,
    }),
  };
}
