/** The first edit of a clip against the second one with another prompt, whose inversions come from the cache. */
import { openWorkbench } from './edits.ts';

export interface Reedit {
  readonly frames: number;
  readonly steps: number;
  readonly firstSeconds: number;
  readonly secondSeconds: number;
  readonly firstInversionCalls: number;
  readonly secondInversionCalls: number;
}

export async function benchReedit(frames: number, steps: number, bundle?: string): Promise<Reedit> {
  await using bench = await openWorkbench(bundle);
  const clip = await bench.clip(frames);
  const first = await bench.edit(clip, { sampling: { steps } });
  const second = await bench.edit(clip, { sampling: { steps }, prompts: { target: 'a black swan' } });
  return {
    frames,
    steps,
    firstSeconds: first.seconds.total,
    secondSeconds: second.seconds.total,
    firstInversionCalls: first.inversion.unetCalls,
    secondInversionCalls: second.inversion.unetCalls,
  };
}
