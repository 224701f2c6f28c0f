/** Networks whose graph Retake writes over the artist's weights, by what they are for. */
import { basename } from 'node:path';
import { autoencoderKLDecoder, autoencoderKLEncoder } from '../onnx/networks/autoencoder-kl.ts';
import type { WrittenNetwork } from '../onnx/networks/builder.ts';
import { clipText } from '../onnx/networks/clip-text.ts';
import { dpt } from '../onnx/networks/dpt.ts';
import type { StoredWeights } from '../onnx/networks/stored.ts';
import { unet2DCondition } from '../onnx/networks/unet-2d-condition.ts';
import { readWeights } from '../onnx/safetensors/component.ts';
import { jsonOf } from './files.ts';
import type { RoleId } from './roles/registry.ts';
import { type Source, writtenNetwork } from './source.ts';

type Write = (weights: StoredWeights, config: unknown) => WrittenNetwork;

const WRITERS: Readonly<Partial<Record<RoleId, Write>>> = {
  unet: unet2DCondition,
  vaeEncoder: autoencoderKLEncoder,
  vaeDecoder: autoencoderKLDecoder,
  textEncoder: clipText,
  textEncoder2: clipText,
  depthEstimator: dpt,
};

export function isWritten(role: RoleId): boolean {
  return Object.hasOwn(WRITERS, role);
}

interface InFolder {
  readonly role: RoleId;
  readonly folder: string;
  /** Path of its weights or of their index, and of its config.json. */
  readonly file: string;
  readonly configFile: string | null;
}

/**
 * @param of a network that can be written
 * @param options.root the model's folder; no weights may lie outside
 * @param options.beside files that change the numbers
 * @param options.made what else changes them and stands in no file
 */
export function storedInFolder(
  { role, folder, file, configFile }: InFolder,
  {
    root,
    beside,
    made,
  }: { readonly root: string; readonly beside: readonly string[]; readonly made?: unknown },
): Source {
  const label = `${basename(folder)} of ${basename(root)}`;
  const write = () => WRITERS[role]!(readWeights(folder, { root, label }), jsonOf({ file: configFile! }));
  return writtenNetwork(file, write, { role, beside, made });
}

interface InFile {
  readonly file: string;
  readonly weights: StoredWeights;
  readonly config: unknown;
  /** What else changes the numbers: what prepares pictures. */
  readonly more?: unknown;
}

/** A network of a single-file checkpoint. */
export function storedInFile(role: RoleId, { file, weights, config, more }: InFile): Source {
  return writtenNetwork(file, () => WRITERS[role]!(weights, config), { role, made: [config, more ?? null] });
}
