/** The models of golden cases that artists have as they are: a folder of safetensors, and the same in a single file. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../src/common/errors.ts';
import { singleFile } from '../../../src/main/engine/models/checkpoints/single-file.ts';
import {
  autoencoderKLDecoder,
  autoencoderKLEncoder,
} from '../../../src/main/engine/onnx/networks/autoencoder-kl.ts';
import type { WrittenNetwork } from '../../../src/main/engine/onnx/networks/builder.ts';
import { clipText } from '../../../src/main/engine/onnx/networks/clip-text.ts';
import type { StoredWeights } from '../../../src/main/engine/onnx/networks/stored.ts';
import { unet2DCondition } from '../../../src/main/engine/onnx/networks/unet-2d-condition.ts';
import { createSession, type Feed, type RunTensor } from '../../../src/main/engine/onnx/ort.ts';
import { type FusedOperator, fuse } from '../../../src/main/engine/onnx/passes/fused-attention.ts';
import { applyPasses, type Outcomes, type Step } from '../../../src/main/engine/onnx/passes/pass.ts';
import { readWeights } from '../../../src/main/engine/onnx/safetensors/component.ts';
import { openSafetensors } from '../../../src/main/engine/onnx/safetensors/open.ts';
import type { GoldenCase } from '../case.ts';
import type { Values } from '../compare.ts';
import type { NpyArray } from '../npy.ts';

/** Folder of a part's weights and configuration, and how it is written. */
const PARTS = {
  text_encoder: ['text_encoder', clipText],
  text_encoder_2: ['text_encoder_2', clipText],
  unet: ['unet', unet2DCondition],
  vae_encoder: ['vae', autoencoderKLEncoder],
  vae_decoder: ['vae', autoencoderKLDecoder],
} as const satisfies Record<string, readonly [string, Writer]>;

type Writer = (weights: StoredWeights, config: unknown) => WrittenNetwork;

export interface Checkpoint {
  /** How a row calls it: "folder", "single file". */
  readonly form: string;
  readonly path: string;
  /** The folder of all models, where files lie that a case adds to one. */
  readonly root: string;
  /** A part as a graph, written anew at each call. @throws AppError bundle-invalid, weights-missing */
  write(part: keyof typeof PARTS): WrittenNetwork;
}

/** A kind of case; its owner adds it to the list in kinds.ts. */
export interface CheckpointKind {
  /** The numbers of an output, in its own order; a text says what is needed that is not there yet. */
  output(golden: GoldenCase, checkpoint: Checkpoint, output: string): Promise<Values | string>;
}

/** Whether a folder holds weights as they are, and no export. */
export function isCheckpoint(dir: string): boolean {
  const within = (folder: string) => readdirSync(folder).some((name) => name.endsWith('.safetensors'));
  const folders = readdirSync(dir)
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isDirectory());
  return within(dir) || folders.some(within);
}

/** All forms of the model, its self-attention fused where an operator is given: the folder that the case names, NAME-folder, and single files beside it, NAME-single….safetensors. */
export function formsOf(dir: string, fused: FusedOperator | null = null): Checkpoint[] {
  const name = basename(dir).replace(/-folder$/, '');
  const singles = readdirSync(dirname(dir)).filter(
    (file) => file.startsWith(`${name}-single`) && file.endsWith('.safetensors'),
  );
  const forms = [inFolder(dir), ...singles.map((file) => inFile(join(dirname(dir), file)))];
  return forms.map((form) => ({
    ...form,
    write(part) {
      const written = form.write(part);
      applyPasses(written.model, fuse(fused), part);
      return written;
    },
  }));
}

function inFolder(dir: string): Checkpoint {
  const name = basename(dir);
  return {
    form: 'folder',
    path: dir,
    root: dirname(dir),
    write(part) {
      const [folder, write] = PARTS[part];
      const label = `${folder} of ${name}`;
      const config: unknown = JSON.parse(readFileSync(join(dir, folder, 'config.json'), 'utf8'));
      return write(readWeights(join(dir, folder), { root: dir, label }), config);
    },
  };
}

function inFile(path: string): Checkpoint {
  const doing = `reading ${basename(path)}`;
  return {
    form: 'single file',
    path,
    root: dirname(path),
    write(part) {
      const [folder, write] = PARTS[part];
      const found = singleFile(openSafetensors(path, doing)).components[folder];
      if (!found) throw new AppError('usage', `there is no ${folder} in it`, { doing });
      return write(found.weights, found.config);
    },
  };
}

/** Runs a network once. @param steps passes to apply first; `feeds` may ask what they gave back */
export async function runWritten(
  { model, folder }: WrittenNetwork,
  feeds: Readonly<Record<string, Feed>> | ((outcomes: Outcomes) => Readonly<Record<string, Feed>>),
  outputs: readonly string[],
  steps: readonly Step[] = [],
): Promise<Record<string, RunTensor>> {
  const outcomes = applyPasses(model, steps, 'the network');
  const session = await createSession(model, { folder, provider: 'cpu', label: 'the network' });
  try {
    return await session.run(typeof feeds === 'function' ? feeds(outcomes) : feeds, outputs);
  } finally {
    await session.release();
  }
}

export function floats({ data, shape }: NpyArray): Feed {
  return { type: 'float32', data: Float32Array.from(data), dims: shape };
}

export function integers({ data, shape }: NpyArray): Feed {
  return { type: 'int64', data: BigInt64Array.from(Array.from(data, BigInt)), dims: shape };
}
