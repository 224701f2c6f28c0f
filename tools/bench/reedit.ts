/** The first edit of a clip against the second one with another prompt, whose inversions come from the cache. */
import { openWorkbench } from './edits.ts';
import type { Measure, Say } from './measure.ts';

interface Reedit {
  readonly frames: number;
  readonly steps: number;
  readonly firstSeconds: number;
  readonly secondSeconds: number;
  readonly firstInversionCalls: number;
  readonly secondInversionCalls: number;
}

async function measureReedit(frames: number, steps: number, say: Say, bundle?: string): Promise<Reedit> {
  await using bench = await openWorkbench(bundle);
  const clip = await bench.clip(frames);
  say('first edit');
  const first = await bench.edit(clip, { sampling: { steps } });
  say('another prompt');
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

export const reedit: Measure = {
  id: 'reedit',
  title: 'an edit again with another prompt',
  seconds: 10,
  default: true,
  async run(say, bundle) {
    const data = await measureReedit(24, 20, say, bundle);
    const words = (seconds: number, calls: number) => `${seconds.toFixed(1)} s, ${calls} inversion calls`;
    return {
      rows: [
        ['first edit', words(data.firstSeconds, data.firstInversionCalls), ''],
        ['another prompt', words(data.secondSeconds, data.secondInversionCalls), '0 calls'],
      ],
      data,
    };
  },
};
