/** What is derived and kept: what is there, and what may go. */
import { z } from 'zod';
import { call } from './call.ts';
import { nothing } from './values.ts';

export const ARTEFACT_KINDS = [
  'inversion',
  'latents',
  'depth',
  'condition',
  'surroundings',
  'text',
  'flow',
  'mask',
  'trajectory',
  'null-text',
  'tuned',
  'look',
  'digests',
  'scores',
] as const;
export type ArtefactKind = (typeof ARTEFACT_KINDS)[number];

/** Things of one kind, made of one clip with the same settings. */
export interface CacheGroup {
  readonly kind: string;
  /** The kind in words. */
  readonly label: string;
  /** Names for people; empty where a kind has none. */
  readonly clip: string;
  readonly bundle: string;
  readonly prompt: string;
  readonly settings: string;
  readonly items: number;
  readonly bytes: number;
  /** Lowest reconstruction PSNR of the group in dB; null where none was measured. */
  readonly worstPsnr: number | null;
  /** Milliseconds since 1970. */
  readonly lastUsed: number;
}

export interface CacheStat {
  readonly file: string;
  readonly items: number;
  /** Of the contents alone; the limit counts these. */
  readonly bytes: number;
  /** On disk, with the write-ahead log and the files beside the database. */
  readonly fileBytes: number;
  readonly limitBytes: number;
  readonly kinds: readonly {
    readonly kind: string;
    readonly label: string;
    readonly items: number;
    readonly bytes: number;
  }[];
}

const kind = z.enum(ARTEFACT_KINDS).optional();
/** What to remove, of one kind or of every: all, down to a size (least recently used first), or what was not used for some days. */
const pruneRequest = z.union([
  z.strictObject({ all: z.literal(true), kind }),
  z.strictObject({ bytes: z.number().min(0), kind }),
  z.strictObject({ olderThanDays: z.number().min(0), kind }),
]);
export type PruneRequest = z.infer<typeof pruneRequest>;

export interface PruneResult {
  readonly items: number;
  readonly bytes: number;
}

export interface VerifyResult {
  /** Artefacts looked at, and how many of them were damaged and removed. */
  readonly items: number;
  readonly damaged: number;
  /** The file's structure was damaged: it was set aside and the cache is empty now. */
  readonly rebuilt: boolean;
}

export const cacheCalls = {
  'cache.ls': call(nothing, 'listing the cache').answers<readonly CacheGroup[]>(),
  'cache.stat': call(nothing, 'looking at the cache').answers<CacheStat>(),
  'cache.prune': call(pruneRequest, 'clearing the cache').answers<PruneResult>(),
  'cache.verify': call(nothing, 'checking the cache').answers<VerifyResult>(),
};
