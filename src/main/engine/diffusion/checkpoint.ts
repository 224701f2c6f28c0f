/**
 * The state of a method's runs between two visits, and its bytes. Resuming from any of them gives the same bits.
 *
 * Layout: "RTKC", version, header length, checksum (little-endian uint32), header JSON padded to 4, then raw float32 blocks.
 */
import { assert } from '../../../common/errors.ts';
import type { Carry, Run } from './run.ts';
import type { FeatureBlock, Features, Latent } from './types.ts';

type ByFrame<T> = readonly (readonly [frame: number, T])[];

export interface Checkpoint {
  /** The run, step and visit that come next; visit 0 of a step beyond the run's last is its end. */
  readonly run: number;
  readonly step: number;
  readonly visit: number;
  /** What earlier runs made. */
  readonly results: ByFrame<Latent>;
  readonly latents: ByFrame<Latent>;
  /** What later visits of the step need: predictions and features. */
  readonly carries: ByFrame<Carry>;
  readonly features: ByFrame<Features>;
  /** The ẑ0 a frame's last step used, where the solver is a multistep one. */
  readonly before: ByFrame<Latent>;
}

const MAGIC = 0x434b5452;
/** Version 1 knew one run of frames from 0 on, and no multistep solvers. */
const VERSION = 2;
const PREFIX = 16;

interface BlockShape {
  readonly branches: number;
  readonly tokens: number;
  readonly channels: number;
}

interface Header {
  readonly run?: number;
  readonly step: number;
  readonly visit: number;
  /** Numbers of the frames; in version 1 their count. */
  readonly frames: number | readonly number[];
  readonly elements: number;
  readonly results?: readonly number[];
  readonly carries: readonly number[];
  readonly features: readonly { readonly frame: number; readonly sites: readonly BlockShape[] }[];
  readonly before?: readonly number[];
}

/** Asserts that a checkpoint belongs to such a run; that it belongs to these settings is the caller's key. */
export function checkCheckpoint({ step, visit, latents }: Checkpoint, run: Run): void {
  const frames = latents.map(([frame]) => frame);
  assert(
    frames.length === run.frames.length && frames.every((frame) => run.frames.includes(frame)),
    'the checkpoint has the frames of the shot',
  );
  assert(step <= run.schedule.levels.length && visit < frames.length, 'the checkpoint lies within the run');
}

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { run, step, visit, results, latents, carries, features, before } = checkpoint;
  const framesOf = (list: ByFrame<unknown>) => list.map(([frame]) => frame);
  const header: Header = {
    run,
    step,
    visit,
    frames: framesOf(latents),
    elements: latents[0]?.[1].length ?? 0,
    results: framesOf(results),
    carries: framesOf(carries),
    features: features.map(([frame, { sites }]) => ({
      frame,
      sites: sites.map(({ branches, tokens, channels }) => ({ branches, tokens, channels })),
    })),
    before: framesOf(before),
  };
  const blocks = [
    ...latents.map(([, latent]) => latent),
    ...carries.flatMap(([, carry]) => [carry.denoised, carry.used]),
    ...features.flatMap(([, { sites }]) => sites.map(({ data }) => data)),
    ...before.map(([, denoised]) => denoised),
    ...results.map(([, latent]) => latent),
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
  if (magic !== MAGIC || !(version === 1 || version === VERSION) || sum !== checksum(copy)) return null;
  const header = JSON.parse(new TextDecoder().decode(copy.subarray(PREFIX, PREFIX + jsonLength!))) as Header;

  let at = PREFIX + Math.ceil(jsonLength! / 4) * 4;
  const take = (length: number): Float32Array => {
    const block = new Float32Array(copy.buffer, at, length);
    at += length * 4;
    return block;
  };
  const each = (frames: readonly number[] = []) =>
    frames.map((frame): [number, Latent] => [frame, take(header.elements).slice()]);
  const { frames } = header;
  const latents = each(typeof frames === 'number' ? Array.from({ length: frames }, (_, i) => i) : frames);
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
  const before = each(header.before);
  const results = each(header.results);
  const { run = 0, step, visit } = header;
  return { run, step, visit, results, latents, carries, features, before };
}

/** FNV-1a over the words after the prefix, seeded with the length: fast enough for the features of two frames. */
function checksum(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.buffer, PREFIX);
  let hash = 0x811c9dc5 ^ words.length;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193);
  return hash >>> 0;
}
