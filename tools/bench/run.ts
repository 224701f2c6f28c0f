/**
 * npm run bench [-- --bundle DIR] [--out FILE]: engine overhead, memory, load time, cached re-edit, as a table and JSON.
 * Numbers are ratios within one run, since machines are noisy; targets are printed beside them and nothing fails.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../../src/main/cli/text.ts';
import { benchCalls } from './calls.ts';
import { benchCheckpoints } from './checkpoints.ts';
import { benchLoad } from './load.ts';
import { benchMemory } from './memory.ts';
import { benchOverhead } from './overhead.ts';
import { benchPasses, rowOf } from './passes.ts';
import { benchReedit } from './reedit.ts';

const { values } = parseArgs({
  options: { bundle: { type: 'string' }, out: { type: 'string', default: 'test-results/bench.json' } },
});
const bundle = values.bundle === undefined ? undefined : resolve(values.bundle);
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;

const overhead = await benchOverhead({ bundle, size: 256, frames: 8, steps: 20 });
const memory = await benchMemory([20, 80, 320], bundle);
const reedit = await benchReedit(24, 20, bundle);
const load = await benchLoad();
// Small, so that a call takes a second and what comes before it counts.
const checkpoints = benchCheckpoints(128);
// Large enough for attention to outweigh the rest, small enough for most machines.
const calls = benchCalls(384, false);
const passes = benchPasses();

const rows: string[][] = [
  ['measure', 'value', 'target'],
  [
    'bare UNet call',
    `${overhead.bareMilliseconds.toFixed(1)} ms (${overhead.model}, ${overhead.canvas}²)`,
    '',
  ],
  ['inverting and sampling over bare calls', overhead.loopRatio.toFixed(3), '≤ 1.05'],
  ['whole edit over bare calls', overhead.editRatio.toFixed(3), '≤ 1.05'],
  ...memory.points.map((point) => [`peak memory, ${point.frames} frames`, megabytes(point.peakBytes), '']),
  ['memory per frame', megabytes(memory.bytesPerFrame), '≤ 1 MB'],
  ['first edit', `${reedit.firstSeconds.toFixed(1)} s, ${reedit.firstInversionCalls} inversion calls`, ''],
  [
    'another prompt',
    `${reedit.secondSeconds.toFixed(1)} s, ${reedit.secondInversionCalls} inversion calls`,
    '0 calls',
  ],
  ...load.rows,
  ...checkpoints.rows,
  ...(calls?.calls ?? []).map(({ bank, peak }, i) => [
    `SD 1.5 graph at 384², call ${i + 1} (${bank} bank frames)`,
    `${megabytes(peak)} at most so far`,
    i < 2 ? '' : 'no more than call 2',
  ]),
  ...passes.map((one) => {
    const [model, frames, bank, , ratio, bytes, foretold] = rowOf(one);
    const value = `× ${ratio} a frame over alone, ${bytes}, × ${foretold} of what was foretold`;
    return [
      `${model}, ${frames} frames in a call, bank of ${bank}`,
      value,
      one.bytes > 1e8 ? '0.5 to 2 of foretold' : '',
    ];
  }),
];
console.log(table(rows));
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memory: totalmem(), node: process.version };
const json = JSON.stringify({ machine, overhead, memory, reedit, load, checkpoints, calls, passes }, null, 2);
mkdirSync(dirname(resolve(values.out)), { recursive: true });
writeFileSync(resolve(values.out), `${json}\n`);
