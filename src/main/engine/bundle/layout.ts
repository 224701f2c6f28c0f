/** Which files of a folder are which part of a diffusers ONNX bundle. Looks at names and JSON, opens no graph. */
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import type { AppError } from '../../../common/errors.ts';
import { DOWNLOAD_AGAIN, defect, kindOf, readJson } from './files.ts';
import { type Preprocessor, preprocessorConfig } from './preprocessor.ts';

export const PART_FOLDERS = {
  unet: 'unet',
  vaeEncoder: 'vae_encoder',
  vaeDecoder: 'vae_decoder',
  textEncoder: 'text_encoder',
  textEncoder2: 'text_encoder_2',
  depthEstimator: 'depth_estimator',
} as const;
export type Role = keyof typeof PART_FOLDERS;

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

export type UnetConfig = z.output<typeof unetConfig>;
export type VaeConfig = z.output<typeof vaeConfig>;
export type TextConfig = z.output<typeof textConfig>;

export interface Part {
  readonly role: Role;
  readonly folder: string;
  /** Path of the graph. */
  readonly file: string;
  /** config.json beside it, empty in exports by the oldest scripts. */
  readonly configFile: string | null;
}

export interface Layout {
  readonly dir: string;
  readonly name: string;
  readonly className: string;
  readonly indexFile: string;
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

/** Told of every defect; opening throws it, inspecting collects it. */
export type OnDefect = (error: AppError) => void;

const PYTORCH = /\.(safetensors|ckpt|pt|pth|bin)$/i;

/** "optimum-cli export onnx" wants a diffusers folder or a hub name; both are what the artist has here. */
function exportHint(dir: string): string {
  return `Retake runs ONNX models. Export it once: optimum-cli export onnx --model "${dir}" "${dir}-onnx".`;
}

async function listing(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

/** The folder's one graph, or what to say about its absence. */
async function findPart(dir: string, role: Role, onDefect: OnDefect): Promise<Part | null> {
  const folder = join(dir, PART_FOLDERS[role]);
  const expected = join(folder, 'model.onnx');
  const names = await listing(folder);
  const graphs = names.filter((name) => name.endsWith('.onnx'));
  const chosen = graphs.includes('model.onnx') ? 'model.onnx' : graphs.length === 1 ? graphs[0]! : null;
  if (chosen !== null && (await kindOf(join(folder, chosen)))) {
    const config = names.includes('config.json') ? join(folder, 'config.json') : null;
    return { role, folder, file: join(folder, chosen), configFile: config };
  }
  const torchFolder = role.startsWith('vae') ? join(dir, 'vae') : folder;
  if (names.some((name) => name.endsWith('.incomplete'))) {
    onDefect(defect(expected, 'the download has not finished', 'Let it finish, or start it again.'));
  } else if ([...names, ...(await listing(torchFolder))].some((name) => PYTORCH.test(name))) {
    onDefect(defect(expected, 'there are PyTorch weights but no ONNX graph', exportHint(dir)));
  } else if (graphs.length > 1) {
    onDefect(defect(folder, 'there are several .onnx files', 'Name the one to use model.onnx.'));
  } else {
    onDefect(defect(expected, 'the file is missing', DOWNLOAD_AGAIN));
  }
  return null;
}

/** What a folder without model_index.json is, in words. */
async function notABundle(dir: string, names: readonly string[]): Promise<AppError> {
  const doing = join(dir, 'model_index.json');
  if (names.length === 0) return defect(dir, 'the folder is empty', 'Choose the folder of a model bundle.');
  if (names.some((name) => name.endsWith('.incomplete'))) {
    return defect(doing, 'the download has not finished', 'Let it finish, or start it again.');
  }
  if (names.some((name) => PYTORCH.test(name))) {
    return defect(dir, 'this folder holds PyTorch weights, not an ONNX bundle', exportHint(dir));
  }
  if (names.includes('unet')) return defect(doing, 'the file is missing', DOWNLOAD_AGAIN);
  const inner: string[] = [];
  for (const name of names) if (await kindOf(join(dir, name, 'model_index.json'))) inner.push(name);
  const hint =
    inner.length > 0 ? `Did you mean ${join(dir, inner[0]!)}?` : 'Choose the folder of a model bundle.';
  return defect(dir, 'the folder is not a model bundle: it has no model_index.json', hint);
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
  const indexFile = join(root, 'model_index.json');
  if (!names.includes('model_index.json')) throw await notABundle(root, names);
  const about = await readJson(indexFile, index);
  if (names.includes('transformer') && !names.includes('unet')) {
    const message = `${about._class_name} is a diffusion transformer`;
    throw defect(
      indexFile,
      message,
      'Retake runs Stable Diffusion 1.x, 2.x and XL, which have a unet folder.',
    );
  }

  const xl = 'text_encoder_2' in about || names.includes('text_encoder_2');
  if (xl && !('text_encoder' in about && isPart(about.text_encoder)) && !names.includes('text_encoder')) {
    throw defect(indexFile, 'this is the XL refiner', 'Use the XL base model.');
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

  const tokenizers = [join(root, 'tokenizer'), ...(xl ? [join(root, 'tokenizer_2')] : [])];
  for (const folder of tokenizers) {
    if ((await kindOf(folder)) !== 'folder')
      onDefect(defect(folder, 'the folder is missing', DOWNLOAD_AGAIN));
  }
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
    schedulerFile: join(root, 'scheduler', 'scheduler_config.json'),
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

/** model_index.json writes an absent part as [null, null]. */
function isPart(value: unknown): boolean {
  return Array.isArray(value) && value[0] !== null;
}
