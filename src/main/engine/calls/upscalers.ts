/** Upscalers for exports: what one makes is found once for each that there is. */
import type { Enlargers } from '../delivery/enlarge.ts';
import type { DigestStore } from '../models/types.ts';
import { openUpscaler } from '../models/upscaler.ts';

export function upscalersFor(digestStore: DigestStore | undefined): Enlargers {
  const known = new Map<string, number>();
  const open = (dir: string, signal: AbortSignal | undefined) =>
    openUpscaler(dir, { provider: 'cpu', digestStore, signal });
  return {
    async look(dir, signal) {
      const upscaler = await open(dir, signal);
      try {
        const { digest, only } = upscaler;
        const times = known.get(digest) ?? (await upscaler.times());
        known.set(digest, times);
        return { dir, digest, times, only };
      } finally {
        await upscaler.close();
      }
    },
    async open(dir, signal) {
      const upscaler = await open(dir, signal);
      return { enlarge: upscaler.enlargeDeep, close: () => upscaler.close() };
    },
  };
}
