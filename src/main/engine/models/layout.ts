/** What a folder says of the bundle it holds. Looks at names and JSON, opens no graph. */
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import type { AppError } from '../../../common/errors.ts';
import { DOWNLOAD_AGAIN, defect, kindOf, readJson } from './files.ts';
import {
  findPart,
  hasPart,
  listing,
  notABundle,
  type OnDefect,
  PART_FOLDERS,
  type Part,
  PYTORCH,
  type Role,
} from './find-parts.ts';
import { type Preprocessor, preprocessorConfig } from './preprocessor.ts';

const channels = z.array(z.int().min(1)).min(1);
const perBlock = z.union([z.int().min(1), channels]);

const unetConfig = z.object({
  in_channels: z.int().min(1).optional(),
  out_channels: z.int().min(1).optional(),
  sample_size: z.union([z.int().min(1), z.tuple([z.int().min(1), z.int().min(1)])]).nullish(),
  block_out_channels: channels.optional(),
  cross_attention_dim: perBlock.nullish(),
  /** Number of heads per block in SD 1.x, although the name says dimension. */
  attention_head_dim: perBlock.nullish(),
  num_attention_heads: perBlock.nullish(),
  addition_embed_type: z.string().nullish(),
  addition_time_embed_dim: z.int().min(1).nullish(),
  projection_class_embeddings_input_dim: z.int().min(1).nullish(),
  time_cond_proj_dim: z.int().nullish(),
});
const statistics = z.array(z.number()).min(1).nullish();
const vaeConfig = z.object({
  scaling_factor: z.number().gt(0).nullish(),
  shift_factor: z.number().nullish(),
  latents_mean: statistics,
  latents_std: statistics,
  latent_channels: z.int().min(1).optional(),
  block_out_channels: channels.optional(),
});
const textConfig = z.object({
  hidden_size: z.int().min(1).optional(),
  num_hidden_layers: z.int().min(1).optional(),
  vocab_size: z.int().min(1).optional(),
  max_position_embeddings: z.int().min(1).optional(),
});
const index = z.looseObject({
  _class_name: z.string({ error: 'the pipeline class is missing' }),
  force_zeros_for_empty_prompt: z.boolean().nullish(),
});

export { type OnDefect, PART_FOLDERS, type Part, type Role };

export type UnetConfig = z.output<typeof unetConfig>;
type VaeConfig = z.output<typeof vaeConfig>;
type TextConfig = z.output<typeof textConfig>;

export interface Layout {
  readonly dir: string;
  readonly name: string;
  readonly className: string;
  /** Null where the models lie flat and without one. */
  readonly indexFile: string | null;
  /** Has two text encoders. */
  readonly xl: boolean;
  /** XL: an empty prompt is all zeros instead of the embedding of nothing. */
  readonly zeroEmptyPrompt: boolean;
  readonly parts: Partial<Record<Role, Part>>;
  readonly unet: UnetConfig;
  readonly vae: VaeConfig;
  /** Per text encoder, in order. */
  readonly text: readonly TextConfig[];
  readonly tokenizers: readonly string[];
  readonly schedulerFile: string;
  /** How the depth estimator wants its pictures; null where there is none. */
  readonly preprocessor: { readonly file: string; readonly config: Preprocessor } | null;
}

async function readConfig<Schema extends z.ZodType>(
  file: string | null | undefined,
  schema: Schema,
  onDefect: OnDefect,
): Promise<z.output<Schema>> {
  if (!file) return schema.parse({});
  try {
    return await readJson(file, schema);
  } catch (error) {
    onDefect(error as AppError);
    return schema.parse({});
  }
}

/**
 * Throws a defect if the folder is not a bundle at all; every other defect goes to onDefect and leaves its part out.
 * @param dir folder that holds model_index.json
 */
export async function readLayout(dir: string, onDefect: OnDefect): Promise<Layout> {
  const root = resolve(dir);
  const kind = await kindOf(root);
  if (kind === null) throw defect(root, 'there is no such folder', 'Check the path of the model bundle.');
  if (kind !== 'folder') {
    const hint = PYTORCH.test(root)
      ? 'Convert the checkpoint to a diffusers folder, then: optimum-cli export onnx --model FOLDER BUNDLE.'
      : 'Give the folder that holds model_index.json.';
    throw defect(root, 'this is a file, and a model bundle is a folder', hint);
  }
  const names = await listing(root);
  const has = async (role: Role) => hasPart(root, role);
  const indexFile = names.includes('model_index.json') ? join(root, 'model_index.json') : null;
  // A folder of graphs side by side has no index; their names say the same.
  if (indexFile === null && (names.includes('unet') || !(await has('unet'))))
    throw await notABundle(root, names);
  const about = indexFile
    ? await readJson(indexFile, index)
    : index.parse({ _class_name: 'StableDiffusionPipeline' });
  if (names.includes('transformer') && !names.includes('unet')) {
    const message = `${about._class_name} is a diffusion transformer`;
    throw defect(root, message, 'Retake runs Stable Diffusion 1.x, 2.x and XL, which have a unet folder.');
  }

  const xl = isPart(about.text_encoder_2) || (await has('textEncoder2'));
  if (xl && !isPart(about.text_encoder) && !(await has('textEncoder'))) {
    throw defect(root, 'this is the XL refiner', 'Use the XL base model.');
  }
  const parts: Partial<Record<Role, Part>> = {};
  for (const role of rolesOf({ xl })) {
    const part = await findPart(root, role, onDefect);
    if (part !== null) parts[role] = part;
  }
  // The estimator is welcome, not needed: without a graph of it a depth clip serves.
  if ((await listing(join(root, PART_FOLDERS.depthEstimator))).some((name) => name.endsWith('.onnx'))) {
    const part = await findPart(root, 'depthEstimator', onDefect);
    if (part !== null) parts.depthEstimator = part;
  }

  // Flat models may have their one tokenizer beside them.
  const beside =
    !names.includes('tokenizer') && ['vocab.json', 'tokenizer.json'].some((name) => names.includes(name));
  const tokenizers = [beside ? root : join(root, 'tokenizer'), ...(xl ? [join(root, 'tokenizer_2')] : [])];
  for (const folder of tokenizers) {
    if ((await kindOf(folder)) !== 'folder')
      onDefect(defect(folder, 'the folder is missing', DOWNLOAD_AGAIN));
  }
  const flatScheduler = !names.includes('scheduler') && names.includes('scheduler_config.json');
  const vaeFile =
    parts.vaeDecoder?.configFile ?? parts.vaeEncoder?.configFile ?? join(root, 'vae', 'config.json');
  const text = [await readConfig(parts.textEncoder?.configFile, textConfig, onDefect)];
  if (xl) text.push(await readConfig(parts.textEncoder2?.configFile, textConfig, onDefect));
  return {
    dir: root,
    name: basename(root),
    className: about._class_name,
    indexFile,
    xl,
    zeroEmptyPrompt: xl && about.force_zeros_for_empty_prompt === true,
    parts,
    unet: await readConfig(parts.unet?.configFile, unetConfig, onDefect),
    vae: await readConfig((await kindOf(vaeFile)) ? vaeFile : null, vaeConfig, onDefect),
    text,
    tokenizers,
    schedulerFile: join(root, ...(flatScheduler ? [] : ['scheduler']), 'scheduler_config.json'),
    preprocessor: parts.depthEstimator ? await readPreprocessor(root, onDefect) : null,
  };
}

/** Beside the estimator, or where diffusers puts it. */
async function readPreprocessor(root: string, onDefect: OnDefect): Promise<Layout['preprocessor']> {
  const [beside, usual] = [PART_FOLDERS.depthEstimator, 'feature_extractor'].map((folder) =>
    join(root, folder, 'preprocessor_config.json'),
  ) as [string, string];
  const file = (await kindOf(beside)) ? beside : usual;
  try {
    return { file, config: await readJson(file, preprocessorConfig) };
  } catch (error) {
    onDefect(error as AppError);
    return null;
  }
}

/** The parts a bundle must have, in the order they are reported. */
export function rolesOf({ xl }: Pick<Layout, 'xl'>): Role[] {
  const roles: Role[] = ['unet', 'vaeEncoder', 'vaeDecoder', 'textEncoder'];
  return xl ? [...roles, 'textEncoder2'] : roles;
}

/** [library, class]; an absent part is left out, null or [null, null], after the exporter's fashion. */
function isPart(value: unknown): boolean {
  return Array.isArray(value) && typeof value.at(-1) === 'string' && value.at(-1) !== '';
}
