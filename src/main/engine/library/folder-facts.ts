/** A model that is a folder of safetensors, as the library shows it: its small JSON files and one header. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { LibraryKind } from '../../../common/contract/library.ts';
import { AppError } from '../../../common/errors.ts';
import { kindOf, readJson } from '../models/files.ts';
import { type HeaderFacts, NOTHING, problemOf } from './header-facts.ts';
import { FAMILIES } from './identify.ts';

const pipelineIndex = z.looseObject({ _class_name: z.string() });
const unetConfig = z.looseObject({
  in_channels: z.number().optional(),
  cross_attention_dim: z.union([z.number(), z.array(z.number())]).nullish(),
  sample_size: z.union([z.number(), z.array(z.number())]).nullish(),
});
const schedulerConfig = z.looseObject({ prediction_type: z.string().nullish() });
const partConfig = z.looseObject({ _class_name: z.string().nullish(), model_type: z.string().nullish() });

const WEIGHTS = /\.safetensors$/i;
/** As diffusers and transformers name them; not `non_ema` and the like. */
const USUAL = /^(diffusion_pytorch_)?model(\.fp16)?(-\d+-of-\d+)?(\.fp16)?\.safetensors$/i;

/** What a folder of one network is, by the class that its configuration names. */
const CLASSES: readonly (readonly [RegExp, LibraryKind, string])[] = [
  [/^ControlNetModel$/, 'controlnet', ''],
  [/^AutoencoderKL$/, 'vae', ''],
  [/^ControlNet/, 'other', 'a ControlNet of another kind, which Retake does not run'],
  [
    /^(dpt|zoedepth|depth_anything)$/,
    'other',
    'a depth estimator: it belongs in the folder depth_estimator of a model',
  ],
  [/^UNet2DConditionModel$/, 'other', 'a UNet alone: use the folder that it comes from'],
  [/Transformer.*Model$/, 'other', 'a diffusion transformer'],
  [/^clip/, 'other', 'a text or image encoder'],
];

const VAE_SCALE = 8;
/** By the channels that the network reads. */
const VARIANTS: Readonly<Record<number, string>> = { 5: ' with depth', 9: ' for inpainting' };
const NOT_RUN = 'a diffusion transformer';

export interface FolderFacts {
  /** Of the network's first file, with what the folder says beside it. */
  readonly facts: HeaderFacts;
  readonly bytes: number;
  readonly problems: readonly string[];
}

interface ReadFile {
  readonly bytes: number;
  readonly facts: HeaderFacts;
}
/** Null where the file is not there. */
type Read = (path: string) => Promise<ReadFile | null>;

/** Whether a folder holds graphs: such a one is looked into as a bundle. */
export async function holdsGraphs(folder: string): Promise<boolean> {
  for (const inner of ['unet', join('onnx', 'unet'), 'onnx', '']) {
    const names = await readdir(join(folder, inner)).catch(() => []);
    if (names.some((name) => name.endsWith('.onnx'))) return true;
  }
  return false;
}

/** Pipelines are told by their index; some are kept without it, and have the folder of their UNet. */
async function isPipeline(folder: string): Promise<boolean> {
  for (const file of ['model_index.json', join('unet', 'config.json')]) {
    if ((await kindOf(join(folder, file))) === 'file') return true;
  }
  return false;
}

/** Whether a folder is a pipeline or one network, by its names. */
export async function isModelFolder(folder: string): Promise<boolean> {
  if (await isPipeline(folder)) return true;
  const names: string[] = await readdir(folder).catch(() => []);
  return names.includes('config.json') && names.some((name) => WEIGHTS.test(name));
}

/** Never throws for what is in the folder. */
export async function folderFacts(folder: string, read: Read): Promise<FolderFacts> {
  try {
    return (await isPipeline(folder)) ? await pipelineFacts(folder, read) : await networkFacts(folder, read);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { facts: { ...NOTHING, kind: 'model' }, bytes: 0, problems: [problemOf(error)] };
  }
}

async function pipelineFacts(folder: string, read: Read): Promise<FolderFacts> {
  const index = join(folder, 'model_index.json');
  const className = (await kindOf(index)) ? (await readJson(index, pipelineIndex))._class_name : '';
  const names = await readdir(folder);
  if (names.includes('transformer') && !names.includes('unet')) {
    return { facts: { ...NOTHING, what: NOT_RUN }, bytes: 0, problems: [] };
  }
  const isXl = names.includes('text_encoder_2');
  const problems: string[] = [];
  let bytes = 0;
  let first: HeaderFacts = NOTHING;
  for (const part of ['unet', 'vae', 'text_encoder', ...(isXl ? ['text_encoder_2'] : [])]) {
    const files = await weightsIn(join(folder, part));
    if (files.length === 0) {
      const hint = 'Download the model again, all of its files.';
      problems.push(`${part} of ${basename(folder)} has no .safetensors file. ${hint}`);
    }
    for (const [i, file] of files.entries()) {
      const found = await read(file);
      bytes += found?.bytes ?? 0;
      if (found?.facts.problem) problems.push(found.facts.problem);
      if (part === 'unet' && i === 0 && found) first = found.facts;
    }
  }
  const unet = await readJson(join(folder, 'unet', 'config.json'), unetConfig);
  const sample = Array.isArray(unet.sample_size) ? unet.sample_size[0] : unet.sample_size;
  const schedule = join(folder, 'scheduler', 'scheduler_config.json');
  const said = (await kindOf(schedule)) ? (await readJson(schedule, schedulerConfig)).prediction_type : null;
  const context = Array.isArray(unet.cross_attention_dim)
    ? unet.cross_attention_dim[0]
    : unet.cross_attention_dim;
  const family = isXl || /XL/.test(className) ? FAMILIES[2048]! : (FAMILIES[context ?? 0] ?? '');
  const facts: HeaderFacts = {
    ...first,
    kind: 'model',
    what: `${family}${VARIANTS[unet.in_channels ?? 4] ?? ''}`.trim(),
    nativeSize: sample ? sample * VAE_SCALE : null,
    prediction: said === 'v_prediction' ? 'v' : said === 'epsilon' ? 'epsilon' : null,
    problem: null,
  };
  return { facts, bytes, problems };
}

async function networkFacts(folder: string, read: Read): Promise<FolderFacts> {
  const config = await readJson(join(folder, 'config.json'), partConfig);
  const name = config._class_name ?? config.model_type ?? '';
  const [, kind = 'other', what = 'nothing that Retake knows'] =
    CLASSES.find(([pattern]) => pattern.test(name)) ?? [];
  const files = await weightsIn(folder);
  const found = files[0] === undefined ? null : await read(files[0]);
  const header = found?.facts ?? NOTHING;
  const problems = header.problem === null ? [] : [header.problem];
  return {
    facts: { ...header, kind, what: what || (header.kind === kind ? header.what : ''), problem: null },
    bytes: found?.bytes ?? 0,
    problems,
  };
}

/** The files of one network that would be read: its shards, of the fp16 variant where there is one. */
async function weightsIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => WEIGHTS.test(name)).sort();
  const usual = names.filter((name) => USUAL.test(name));
  const whole = usual.filter((name) => !name.includes('.fp16'));
  return (whole.length > 0 ? whole : usual).map((name) => join(folder, name));
}
