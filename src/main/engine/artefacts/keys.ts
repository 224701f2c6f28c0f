/** The name of an inverted latent: a digest of everything that changes it. */
import { createHash } from 'node:crypto';

/** Raise when the inversion computes other numbers from the same input: every older latent is then computed anew. */
export const INVERSION_VERSION = 1;

export interface InversionKeyParts {
  /** digestOf the frame's RGB8 pixels at canvas size. */
  readonly pixels: string;
  /** Canvas size in pixels. */
  readonly width: number;
  readonly height: number;
  /** Digests of the bundle's parts that inversion runs. */
  readonly unet: string;
  readonly vaeEncoder: string;
  readonly textEncoder: string;
  readonly tokenizer: string;
  readonly scheduler: string;
  /** digestOf the structure input (depth); null for networks without one. */
  readonly structure: string | null;
  readonly sourcePrompt: string;
  readonly solver: string;
  readonly inversion: string;
  readonly schedule: string;
  readonly steps: number;
  readonly refinement: number;
  /** Execution providers round differently. */
  readonly provider: string;
}

/** By its type complete: a part that is added above and forgotten here does not compile. */
const HASHED: Readonly<Record<keyof InversionKeyParts, true>> = {
  pixels: true,
  width: true,
  height: true,
  unet: true,
  vaeEncoder: true,
  textEncoder: true,
  tokenizer: true,
  scheduler: true,
  structure: true,
  sourcePrompt: true,
  solver: true,
  inversion: true,
  schedule: true,
  steps: true,
  refinement: true,
  provider: true,
};

export const INVERSION_KEY_FIELDS = Object.keys(HASHED).sort() as (keyof InversionKeyParts)[];

/** sha256 hex of the canonical JSON (fields in sorted order) of the parts and the version of the inversion. */
export function inversionKey(parts: InversionKeyParts, version: number = INVERSION_VERSION): string {
  const named = INVERSION_KEY_FIELDS.map((field) => [field, parts[field]]);
  return createHash('sha256')
    .update(JSON.stringify(['inversion', version, named]))
    .digest('hex');
}

/** sha256 hex of raw bytes, in memory order. */
export function digestOf(data: NodeJS.ArrayBufferView): string {
  return createHash('sha256').update(data).digest('hex');
}
