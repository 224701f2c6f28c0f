/** What a safetensors file is for the library, told from the names and shapes in its header. Pure; no weight is read. */
import type { LibraryKind } from '../../../common/contract/library.ts';
import { AppError } from '../../../common/errors.ts';
import { familyOf as checkpointFamily, latentOf, predictionOf } from '../models/checkpoints/family.ts';
import { kindOfFile } from '../models/checkpoints/kinds.ts';
import type { StoredTensor } from '../onnx/networks/stored.ts';
import type { Metadata } from './metadata.ts';

export type Tensors = ReadonlyMap<string, StoredTensor>;

export interface Identity {
  readonly kind: LibraryKind;
  /** Family in words, or what it is where Retake has no use for it; may be empty. */
  readonly what: string;
  readonly nativeSize: number | null;
  readonly prediction: 'v' | 'epsilon' | null;
  /** Why a checkpoint cannot be opened. */
  readonly problem: AppError | null;
}

const KINDS: Readonly<Record<string, LibraryKind>> = {
  checkpoint: 'model',
  lora: 'lora',
  controlnet: 'controlnet',
  embedding: 'embedding',
  vae: 'vae',
};

/** The autoencoder makes squares of so many pixels from each value of a latent. */
const VAE_SCALE = 8;

export function identify(tensors: Tensors, metadata: Metadata): Identity {
  const { kind: told, words } = kindOfFile(tensors);
  const kind = KINDS[told] ?? 'other';
  const plain = { kind, nativeSize: null, prediction: null, problem: null };
  if (kind === 'other') return { ...plain, what: words };
  if (kind !== 'model') return { ...plain, what: familyOf(kind, tensors) };
  try {
    const family = checkpointFamily(tensors, '');
    const { prediction } = predictionOf(family, tensors, metadata);
    return {
      ...plain,
      what: family.label,
      nativeSize: latentOf(family, prediction) * VAE_SCALE,
      prediction: prediction === 'v_prediction' ? 'v' : prediction,
    };
  } catch (problem) {
    if (!(problem instanceof AppError)) throw problem;
    return { ...plain, what: '', problem };
  }
}

/** Families by what their cross-attention reads: the width of the text encoders. */
export const FAMILIES: Readonly<Record<number, string>> = {
  768: 'Stable Diffusion 1.x',
  1024: 'Stable Diffusion 2.x',
  2048: 'Stable Diffusion XL',
  1280: 'Stable Diffusion XL refiner',
};

/** Keys and values of a cross-attention, or the thin product that goes in there. */
const CONTEXT =
  /attn2[._](?:processor[._])?to_k(?:_lora)?(?:\.lora)?(?:\.lora_down|\.lora_A|\.down|\.lora_linear_layer\.down)?(?:\.default)?\.weight$/;

/** In words; empty where the shapes do not tell. */
function familyOf(kind: LibraryKind, tensors: Tensors): string {
  if (kind === 'embedding') return embeddingFamily(tensors);
  for (const [name, { dims }] of tensors) {
    if (CONTEXT.test(name) && dims.length >= 2) return FAMILIES[dims[1]!] ?? '';
  }
  const names = [...tensors.keys()];
  if (
    names.some((name) => /^(lora_te2_|conditioner\.embedders\.1|add_embedding\.|text_encoder_2\.)/.test(name))
  )
    return FAMILIES[2048]!;
  return '';
}

function embeddingFamily(tensors: Tensors): string {
  if (tensors.has('clip_g')) return FAMILIES[2048]!;
  const width = [...tensors.values()][0]?.dims.at(-1);
  return width === 768 || width === 1024 ? FAMILIES[width]! : '';
}

/** Thin products of a LoRA: their ranks, and which networks they go into. */
export interface LoraFacts {
  /** Most frequent first. */
  readonly ranks: number[];
  /** How many layers of each network. */
  readonly layers: Record<string, number>;
}

export function loraFacts(tensors: Tensors): LoraFacts {
  const ranks = new Map<number, number>();
  const layers: Record<string, number> = {};
  for (const [name, { dims }] of tensors) {
    // The half that goes down to the rank: its first dimension.
    if (!/([._](lora_down|lora_A|down|hada_w1_b|lokr_w1_b))(\.default)?(\.weight)?$/.test(name)) continue;
    const rank = dims[0] ?? 0;
    ranks.set(rank, (ranks.get(rank) ?? 0) + 1);
    const network = networkOf(name);
    layers[network] = (layers[network] ?? 0) + 1;
  }
  return { ranks: [...ranks].sort(([, m], [, n]) => n - m).map(([rank]) => rank), layers };
}

function networkOf(name: string): string {
  if (/^(lora_te2_|text_encoder_2[._])/.test(name)) return 'second text encoder';
  if (/^(lora_te1?_|text_encoder[._])/.test(name)) return 'text encoder';
  return 'UNet';
}
