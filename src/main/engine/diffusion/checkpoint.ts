/**
 * The state of a method's runs between two visits, and its bytes. Resuming from any of them gives the same bits.
 *
 * Layout: header length (little-endian uint32), header JSON padded to 4, then raw float32 blocks. Whether it is whole, of this
 * version and of this edit is told by the file that it lies in.
 */
import { assert } from '../../../common/errors.ts';
import type { Kept } from './history.ts';
import type { Carry, Run } from './run.ts';
import type { FeatureBlock, Features, Latent } from './types.ts';

type ByFrame<T> = readonly (readonly [frame: number, T])[];

export interface Checkpoint {
  /** The run and step that go on, and the frames which that step has visited; a step beyond the run's last is its end. */
  readonly run: number;
  readonly step: number;
  readonly visited: readonly number[];
  /** What earlier runs made. */
  readonly results: ByFrame<Latent>;
  readonly latents: ByFrame<Latent>;
  /** What later visits of the step need: predictions and features. */
  readonly carries: ByFrame<Carry>;
  readonly features: ByFrame<Features>;
  /** The ẑ0 a frame's last step used, where the solver is a multistep one. */
  readonly before: ByFrame<Latent>;
  /** What later runs recall of earlier ones and of this one. */
  readonly history: readonly Kept[];
}

/** Raised with the layout. Others are not read: their edits begin anew, from inversions that are kept. */
export const CHECKPOINT_VERSION = 4;
const PREFIX = 4;

interface BlockShape {
  readonly branches: number;
  readonly tokens: number;
  readonly channels: number;
}

interface Header {
  readonly run: number;
  readonly step: number;
  readonly visited: readonly number[];
  readonly frames: readonly number[];
  readonly elements: number;
  readonly results: readonly number[];
  readonly carries: readonly number[];
  readonly features: readonly { readonly frame: number; readonly sites: readonly BlockShape[] }[];
  readonly before: readonly number[];
  readonly history: readonly Omit<Kept, 'latent'>[];
}

/** Asserts that a checkpoint belongs to such a run; that it belongs to these settings is the caller's key. */
export function checkCheckpoint({ step, visited, latents }: Checkpoint, run: Run): void {
  const frames = latents.map(([frame]) => frame);
  assert(
    frames.length === run.frames.length && frames.every((frame) => run.frames.includes(frame)),
    'the checkpoint has the frames of the shot',
  );
  const within = step <= run.schedule.levels.length && visited.every((frame) => run.frames.includes(frame));
  assert(within && visited.length < frames.length, 'the checkpoint lies within the run');
}

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { run, step, visited, results, latents, carries, features, before, history } = checkpoint;
  const framesOf = (list: ByFrame<unknown>) => list.map(([frame]) => frame);
  const header: Header = {
    run,
    step,
    visited,
    frames: framesOf(latents),
    elements: latents[0]?.[1].length ?? 0,
    results: framesOf(results),
    carries: framesOf(carries),
    features: features.map(([frame, { sites }]) => ({
      frame,
      sites: sites.map(({ branches, tokens, channels }) => ({ branches, tokens, channels })),
    })),
    before: framesOf(before),
    history: history.map(({ run, frame, level }) => ({ run, frame, level })),
  };
  const blocks = [
    ...latents.map(([, latent]) => latent),
    ...carries.flatMap(([, carry]) => [carry.denoised, carry.used]),
    ...features.flatMap(([, { sites }]) => sites.map(({ data }) => data)),
    ...before.map(([, denoised]) => denoised),
    ...results.map(([, latent]) => latent),
    ...history.map(({ latent }) => latent),
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
  new Uint32Array(bytes.buffer, 0, 1).set([json.length]);
  return bytes;
}

/** @param bytes whole, as `encodeCheckpoint` made them */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  // A Buffer slices without copying, and its memory need not be aligned.
  const copy = new Uint8Array(bytes);
  const [jsonLength] = new Uint32Array(copy.buffer, 0, 1);
  const header = JSON.parse(new TextDecoder().decode(copy.subarray(PREFIX, PREFIX + jsonLength!))) as Header;

  let at = PREFIX + Math.ceil(jsonLength! / 4) * 4;
  const take = (length: number): Float32Array => {
    const block = new Float32Array(copy.buffer, at, length);
    at += length * 4;
    return block;
  };
  const each = (frames: readonly number[]) =>
    frames.map((frame): [number, Latent] => [frame, take(header.elements).slice()]);
  const latents = each(header.frames);
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
  const history = header.history.map((place): Kept => ({ ...place, latent: take(header.elements).slice() }));
  const { run, step, visited } = header;
  return { run, step, visited, results, latents, carries, features, before, history };
}
