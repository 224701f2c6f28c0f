/**
 * The state of a step-major run between two visits, and its bytes. Resuming from any of them gives the same bits.
 *
 * Layout: "RTKC", version, header length, checksum (little-endian uint32), header JSON padded to 4, then raw float32 blocks.
 */
import { assert } from '../../../common/errors.ts';
import type { Carry } from './method.ts';
import type { FeatureBlock, Features, Latent } from './types.ts';

export interface Checkpoint {
  /** The step and visit that come next; visit 0 of step `steps` is the end. */
  readonly step: number;
  readonly visit: number;
  readonly latents: readonly Latent[];
  /** Per frame that later visits of the step need: predictions and features. */
  readonly carries: readonly (readonly [number, Carry])[];
  readonly features: readonly (readonly [number, Features])[];
  /** Per frame the ẑ0 its last step used, where the solver is a multistep one. */
  readonly before: readonly (readonly [number, Latent])[];
}

const MAGIC = 0x434b5452;
const VERSION = 1;
const PREFIX = 16;

interface BlockShape {
  readonly branches: number;
  readonly tokens: number;
  readonly channels: number;
}

interface Header {
  readonly step: number;
  readonly visit: number;
  readonly frames: number;
  readonly elements: number;
  readonly carries: readonly number[];
  readonly features: readonly { readonly frame: number; readonly sites: readonly BlockShape[] }[];
  /** Absent in files of before there were multistep solvers. */
  readonly before?: readonly number[];
}

/** Asserts that a checkpoint belongs to a run of these sizes; that it belongs to these settings is the caller's key. */
export function checkCheckpoint(checkpoint: Checkpoint, steps: number, start: readonly Latent[]): void {
  const { step, visit, latents } = checkpoint;
  assert(latents.length === start.length, 'the checkpoint has the frames of the shot');
  assert(step <= steps && visit < latents.length, 'the checkpoint lies within the run');
  assert(
    latents.every((latent, i) => latent.length === start[i]!.length),
    'the checkpoint has the size of the shot',
  );
}

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { step, visit, latents, carries, features, before } = checkpoint;
  const header: Header = {
    step,
    visit,
    frames: latents.length,
    elements: latents[0]?.length ?? 0,
    carries: carries.map(([frame]) => frame),
    features: features.map(([frame, { sites }]) => ({
      frame,
      sites: sites.map(({ branches, tokens, channels }) => ({ branches, tokens, channels })),
    })),
    before: before.map(([frame]) => frame),
  };
  const blocks = [
    ...latents,
    ...carries.flatMap(([, carry]) => [carry.denoised, carry.used]),
    ...features.flatMap(([, { sites }]) => sites.map(({ data }) => data)),
    ...before.map(([, denoised]) => denoised),
  ];
  const json = new TextEncoder().encode(JSON.stringify(header));
  const body = PREFIX + Math.ceil(json.length / 4) * 4;
  const bytes = new Uint8Array(blocks.reduce((sum, block) => sum + block.byteLength, body));
  bytes.set(json, PREFIX);
  let at = body;
  for (const block of blocks) {
    bytes.set(new Uint8Array(block.buffer, block.byteOffset, block.byteLength), at);
    at += block.byteLength;
  }
  new Uint32Array(bytes.buffer, 0, 4).set([MAGIC, VERSION, json.length, checksum(bytes)]);
  return bytes;
}

/** The checkpoint in these bytes, or null where they are damaged, cut short or of another version. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint | null {
  if (bytes.length < PREFIX || bytes.length % 4 !== 0) return null;
  // A Buffer slices without copying, and its memory need not be aligned.
  const copy = new Uint8Array(bytes);
  const [magic, version, jsonLength, sum] = new Uint32Array(copy.buffer, 0, 4);
  if (magic !== MAGIC || version !== VERSION || sum !== checksum(copy)) return null;
  const header = JSON.parse(new TextDecoder().decode(copy.subarray(PREFIX, PREFIX + jsonLength!))) as Header;

  let at = PREFIX + Math.ceil(jsonLength! / 4) * 4;
  const take = (length: number): Float32Array => {
    const block = new Float32Array(copy.buffer, at, length);
    at += length * 4;
    return block;
  };
  const latents = Array.from({ length: header.frames }, () => take(header.elements).slice());
  const carries = header.carries.map((frame): [number, Carry] => [
    frame,
    { denoised: take(header.elements), used: take(header.elements) },
  ]);
  const features = header.features.map(({ frame, sites }): [number, Features] => [
    frame,
    {
      sites: sites.map(
        (shape): FeatureBlock => ({ ...shape, data: take(shape.branches * shape.tokens * shape.channels) }),
      ),
    },
  ]);
  const before = (header.before ?? []).map((frame): [number, Latent] => [frame, take(header.elements)]);
  return { step: header.step, visit: header.visit, latents, carries, features, before };
}

/** FNV-1a over the words after the prefix, seeded with the length: fast enough for the features of two frames. */
function checksum(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.buffer, PREFIX);
  let hash = 0x811c9dc5 ^ words.length;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193);
  return hash >>> 0;
}
