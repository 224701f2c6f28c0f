/** Fused self-attention beside that of the export: memory at most and processor time of guided calls, as ratios. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import { chooseAttention } from '../../src/main/engine/models/attention.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import { type CallsReport, measureCalls } from './calls.ts';
import { answer, inChild } from './child.ts';
import { ABSENT, GRAPH } from './load.ts';
import type { Measure, Row } from './measure.ts';
import { gigabytes } from './units.ts';

const SIDE = 512;

/** Weights are zeros; see calls.ts. */
export const attention: Measure = {
  id: 'attention-512',
  title: `fused attention, SD 1.5 graph at ${SIDE}²`,
  seconds: 240,
  default: false,
  memory: 13e9,
  async run(say) {
    if (!existsSync(GRAPH)) return { rows: [[`fused attention at ${SIDE}²`, ABSENT, '']], data: null };
    const exact = await measureCalls(SIDE, { fused: false }, say);
    const fused = await measureCalls(SIDE, { fused: true }, say);
    return { rows: rowsOf(exact, fused), data: { exact, fused } };
  },
};

/** The first call is without banks, the last with two frames, as later ones are. */
function rowsOf(exact: CallsReport, fused: CallsReport): Row[] {
  return ([0, 2] as const).map((at): Row => {
    const [was, now] = [exact.calls[at]!, fused.calls[at]!];
    const memory = `${gigabytes(now.peak)} instead of ${gigabytes(was.peak)} (× ${(now.peak / was.peak).toFixed(2)})`;
    const time = `processor time × ${(now.processorSeconds / was.processorSeconds).toFixed(2)}`;
    const name = `fused attention, SD 1.5 graph at ${SIDE}², call ${at + 1} (${now.bank} bank frames)`;
    return [name, `${memory}, ${time}`, at === 0 ? '' : 'half the memory, no more time'];
  });
}

const DEMO = resolve(import.meta.dirname, '../../resources/demo/bundle');
const WARM = 5;
const TIMED = 60;
const ROUNDS = 3;

/** Small scores: `auto` leaves these as they are. */
export const demoAttention: Measure = {
  id: 'attention-demo',
  title: 'fused attention, demo model',
  seconds: 20,
  default: false,
  async run(say) {
    const best = { exact: Number.POSITIVE_INFINITY, fused: Number.POSITIVE_INFINITY };
    // In turn, so that a busy moment of the machine meets both.
    for (let round = 1; round <= ROUNDS; round++) {
      for (const asked of ['exact', 'fused'] as const) {
        say(`${asked}, round ${round} of ${ROUNDS}`);
        best[asked] = Math.min(best[asked], await inChild<number>(import.meta.filename, asked));
      }
    }
    const ratio = (best.fused / best.exact).toFixed(2);
    return { rows: [['fused attention, demo model', `processor time × ${ratio}`, '']], data: best };
  },
};

/** In the child: processor seconds of a guided call with two bank frames. */
async function measure(asked: string): Promise<number> {
  const provider = 'cpu';
  await using stack = new AsyncDisposableStack();
  const bundle = stack.adopt(
    await openBundle(DEMO, {
      ...{ sites: 'decoder', provider },
      attention: (model) =>
        chooseAttention(asked === 'fused' ? 'fused' : 'exact', { model, shape: null, provider }),
    }),
    (open) => open.close(),
  );
  const side = bundle.nativeSize / bundle.factor;
  const shape = { channels: bundle.latentChannels, height: side, width: side };
  const canvas = { width: bundle.nativeSize, height: bundle.nativeSize };
  const text = await bundle.embed('', canvas);
  const predict = bundle.predict(shape);
  const latent = noiseFor(1, 0, shape.channels * side * side);
  const input = { latent, timestep: 500, branches: [text, text] };
  const [first] = await predict([{ ...input, attention: { bank: [], self: true }, capture: true }]);
  const bank = [first!.features!, first!.features!];
  const call = () => predict([{ ...input, attention: { bank, self: false } }]);
  for (let i = 0; i < WARM; i++) await call();
  const before = process.cpuUsage();
  for (let i = 0; i < TIMED; i++) await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / TIMED;
}

await answer(import.meta.filename, measure);
