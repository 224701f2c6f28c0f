/** The cached inversions: what is there, and what may go. */
import { z } from 'zod';
import { call } from './call.ts';
import { nothing } from './values.ts';

/** The frames of one clip inverted with the same settings. */
export interface CacheGroup {
  readonly clip: string;
  readonly bundle: string;
  readonly sourcePrompt: string;
  readonly settings: string;
  readonly frames: number;
  readonly bytes: number;
  /** Lowest reconstruction PSNR of the group in dB; null where none was measured. */
  readonly worstPsnr: number | null;
  /** Milliseconds since 1970. */
  readonly lastUsed: number;
}

export interface CacheStat {
  readonly file: string;
  readonly frames: number;
  /** Of the latents alone; the limit counts these. */
  readonly bytes: number;
  /** On disk, with the write-ahead log. */
  readonly fileBytes: number;
  readonly limitBytes: number;
}

/** What to remove: all, down to a size (least recently used first), or what was not used for some days. */
const pruneRequest = z.union([
  z.strictObject({ all: z.literal(true) }),
  z.strictObject({ bytes: z.number().min(0) }),
  z.strictObject({ olderThanDays: z.number().min(0) }),
]);
export type PruneRequest = z.infer<typeof pruneRequest>;

export interface PruneResult {
  readonly frames: number;
  readonly bytes: number;
}

export interface VerifyResult {
  /** Rows looked at, and how many of them were damaged and removed. */
  readonly frames: number;
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
