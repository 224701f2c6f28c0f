/**
 * A whole render at Stable Diffusion 1.5 size: Pix2Video with guidance at 512², killed once while it samples and resumed, watched from
 * outside. Weights are random numbers in a file as artists have it. Linux alone tells what a process holds.
 *
 *     npx node tools/bench/real-size.ts [frames] [side in pixels] [flags of `retake edit`]
 */
import { mkdirSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { table } from '../../src/main/cli/text.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { allGone, decodedDigests, type reportOf, startRetake } from '../../test/helpers/cli.ts';
import { ffmpegDoes } from '../../test/helpers/clips.ts';
import { inFolder } from './child.ts';
import type { Measure, Row, Say } from './measure.ts';
import { type Held, held } from './process-memory.ts';
import { writeSd15 } from './sd15-checkpoint.ts';
import { gigabytes } from './units.ts';

const FRAMES = 24;
const STEPS = 2;
const SIDE = 512;
const RATE = 24;
const LOOK_EVERY = 250;

interface RealSize {
  readonly frames: number;
  readonly side: number;
  readonly seconds: number;
  readonly killedAfter: number;
  readonly first: Held;
  readonly resumed: Held;
  readonly calls: { readonly inversion: number; readonly sampling: number };
}

/** The most of each that a process was seen to hold until it ended. */
function watch(pid: number): () => Held {
  let most: Held = { own: 0, mapped: 0, resident: 0, peak: 0 };
  const look = () => {
    let now: Held;
    try {
      now = held(pid);
    } catch {
      return;
    }
    const of = (key: keyof Held) => Math.max(most[key], now[key]);
    most = { own: of('own'), mapped: of('mapped'), resident: of('resident'), peak: of('peak') };
  };
  const timer = setInterval(look, LOOK_EVERY);
  return () => {
    clearInterval(timer);
    return most;
  };
}

async function renderOnce(
  { frames, side, flags = [] }: { frames: number; side: number; flags?: readonly string[] },
  say: Say,
): Promise<RealSize> {
  if (platform() !== 'linux') throw new Error('only Linux tells what a process holds');
  return inFolder(async (root) => {
    const [model, clip, home, takes] = ['sd15.safetensors', 'clip.mp4', 'home', 'takes'].map((name) =>
      join(root, name),
    ) as [string, string, string, string];
    mkdirSync(takes);
    say('writing 4 GB of weights');
    writeSd15(model);
    const picture = `testsrc2=size=${side}x${side}:rate=${RATE},trim=end_frame=${frames}`;
    await ffmpegDoes('-f', 'lavfi', '-i', picture, '-pix_fmt', 'yuv420p', '-c:v', 'libx264', clip);
    const out = join(takes, 'take.mov');
    const args = [
      ...['edit', clip, '--model', model, '--out', out, '--method', 'pix2video', '--provider', 'cpu'],
      ...['--source-prompt', 'a red car', '--prompt', 'a white swan', '--guidance', '7.5'],
      ...['--steps', `${STEPS}`, '--size', `${side}`, '--refinement', '0', ...flags],
    ];
    const began = performance.now();
    const since = () => (performance.now() - began) / 1000;
    say('rendering, to be killed while it samples');
    const cli = startRetake(args, { home });
    await cli.says(/\d+ %|inverting|reading/);
    const engine = cli.enginePid();
    const stopWatching = watch(engine);
    await cli.says(/rendering [1-9]\d*\//);
    // Meanwhile it has written down how far it is, and works on.
    await sleep(2000);
    process.kill(engine, 'SIGKILL');
    await cli.ended;
    await allGone(home, 60);
    const first = stopWatching();
    const killedAfter = since();
    say('resuming');
    const again = startRetake(['resume', '--json'], { home });
    await again.says(/\d+ %|rendering/);
    const stopAgain = watch(again.enginePid());
    const { code, stdout, stderr } = await again.ended;
    const resumed = stopAgain();
    if (code !== 0) throw new Error(`it did not resume: ${stderr}`);
    const report = JSON.parse(stdout) as Awaited<ReturnType<typeof reportOf>>;
    const { inversion, sampling } = report;
    const calls = { inversion: inversion.unetCalls, sampling: sampling.unetCalls };
    const seen = { frames, side, seconds: since(), killedAfter, first, resumed, calls };
    // A take that is not right is not to cost the figures of half an hour.
    for (const [measure, value] of rowsOf(seen)) say(`${measure}: ${value}`);
    await checkTake(out, frames);
    return seen;
  });
}

/** All frames at the clip's rate, and no two alike: something moves. */
async function checkTake(path: string, frames: number): Promise<void> {
  const { frames: found, rate } = await probeClip(path);
  if (found !== frames) throw new Error(`the take has ${found} frames of ${frames}`);
  if (rate.num !== RATE * rate.den) throw new Error(`the take runs at ${rate.num}/${rate.den}`);
  const digests = (await decodedDigests(path)).split('\n').filter((line) => /^0,/.test(line));
  const pictures = new Set(digests.map((line) => line.split(',').at(-1)));
  if (pictures.size < 2 && frames > 1) throw new Error('all pictures of the take are the same');
}

function rowsOf({ frames, side, seconds, killedAfter, first, resumed }: RealSize): Row[] {
  const what = `SD 1.5 size, ${side}², Pix2Video with guidance, ${frames} frames in ${STEPS} steps`;
  const most = (of: keyof Held) => Math.max(first[of], resumed[of]);
  return [
    [`${what}: whole process at most`, gigabytes(most('peak')), '≤ 6 GB'],
    ['of it memory of its own', gigabytes(most('own')), '≤ 3.5 GB'],
    ['killed and resumed, the whole', `after ${killedAfter.toFixed(0)} s, ${seconds.toFixed(0)} s`, ''],
  ];
}

export const realSize: Measure = {
  id: 'real-size',
  title: `a whole render at SD 1.5 size, ${SIDE}², killed once and resumed`,
  seconds: 1800,
  default: false,
  memory: 7e9,
  run: async (say) => {
    const data = await renderOnce({ frames: FRAMES, side: SIDE }, say);
    return { rows: rowsOf(data), data };
  },
};

if (process.argv[1] === import.meta.filename) {
  const [frames = FRAMES, side = SIDE, ...flags] = process.argv.slice(2);
  const data = await renderOnce({ frames: Number(frames), side: Number(side), flags }, console.error);
  console.log(table([['measure', 'value', 'target'], ...rowsOf(data)]));
  console.log(JSON.stringify(data));
}
