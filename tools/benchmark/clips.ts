/**
 * npm run benchmark:clips -- CLIP… [options]: every method on real clips, for stability, memory and time. The demo models
 * know nothing of what such clips show, so nothing is said about how the takes look. Each edit has an engine process of its
 * own. What is measured is kept in --out: an interrupted run goes on where it stopped.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError, errorLine } from '../../src/common/errors.ts';
import type { TakeReport } from '../../src/common/report.ts';
import { startEngine } from '../../src/main/cli/engine.ts';
import { ffmpegDoes } from '../../test/helpers/clips.ts';
import { type ClipRun, clipTable } from './clip-table.ts';
import { completeClip } from './clip-takes.ts';
import { CLIP_VARIANTS, type ClipVariant } from './clip-variants.ts';
import { writeBetween } from './docs.ts';

const root = resolve(import.meta.dirname, '../..');
const USAGE = `usage: npm run benchmark:clips -- CLIP… [options]
  --bundle DIR        model (default resources/demo/bundle)
  --depth-bundle DIR  its like that takes depth (default resources/demo/depth-bundle)
  --out DIR           results (default test-results/benchmark-clips)
  --frames N          frames of every clip that are edited (default 16)
  --lengths LIST      frames of the first clip by which memory is told (default 12,24,48)
  --steps N           (default 8)
  --methods LIST      of ${CLIP_VARIANTS.map(({ id }) => id).join(', ')}
  --minutes M         take up nothing new after so long; call again to go on (0: report what there is)
  --docs FILE         also puts the table into this document, between its marks`;

function options() {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      bundle: { ...text, default: join(root, 'resources/demo/bundle') },
      'depth-bundle': { ...text, default: join(root, 'resources/demo/depth-bundle') },
      out: { ...text, default: join(root, 'test-results/benchmark-clips') },
      frames: { ...text, default: '16' },
      lengths: { ...text, default: '12,24,48' },
      steps: { ...text, default: '8' },
      methods: { ...text, default: CLIP_VARIANTS.map(({ id }) => id).join(',') },
      minutes: { ...text, default: 'Infinity' },
      docs: text,
      help: { type: 'boolean', default: false },
    },
  });
  const wanted = values.methods.split(',');
  const wrong = wanted.find((id) => !CLIP_VARIANTS.some((variant) => variant.id === id));
  if (wrong !== undefined) throw refuse(`there is no method "${wrong}"`);
  if (positionals.length === 0 && !values.help) throw refuse('no clip is named');
  return {
    ...values,
    clips: positionals.map((clip) => resolve(clip)),
    bundle: resolve(values.bundle),
    depthBundle: resolve(values['depth-bundle']),
    out: resolve(values.out),
    frames: number('frames', values.frames),
    lengths: values.lengths.split(',').map((one) => number('lengths', one)),
    steps: number('steps', values.steps),
    minutes: number('minutes', values.minutes),
    variants: CLIP_VARIANTS.filter(({ id }) => wanted.includes(id)),
  };
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (text === '' || Number.isNaN(value) || value < 0) throw refuse(`--${name} is no number: "${text}"`);
  return value;
}

function refuse(message: string): AppError {
  return new AppError('usage', message, { doing: 'reading the options', hint: 'See --help.' });
}

type Options = ReturnType<typeof options>;

interface Place {
  readonly variant: ClipVariant;
  readonly clip: string;
  readonly frames: number;
}

/** Shapes of picture that the first clip is cut to, few frames of each. */
const CUTS = { wide: 'crop=iw:trunc(iw*9/32)*2', tall: 'crop=trunc(ih*9/32)*2:ih' } as const;
const CUT_FRAMES = 3;

/** Every clip; the first one in several lengths too, one frame of it, and cut to other shapes. */
function placesOf({ clips, variants, frames, lengths, out }: Options): Place[] {
  const first = [...new Set([...lengths, 1])].filter((length) => length !== frames);
  return variants.flatMap((variant) => [
    ...clips.map((clip) => ({ variant, clip, frames })),
    ...first.map((length) => ({ variant, clip: clips[0]!, frames: length })),
    ...Object.keys(CUTS).map((cut) => ({ variant, clip: join(out, `${cut}.mkv`), frames: CUT_FRAMES })),
  ]);
}

async function cutShapes({ clips, out }: Options): Promise<void> {
  for (const [cut, filter] of Object.entries(CUTS)) {
    const file = join(out, `${cut}.mkv`);
    const lossless = ['-c:v', 'ffv1', '-an', '-frames:v', String(CUT_FRAMES)];
    if (!existsSync(file)) await ffmpegDoes('-i', clips[0]!, '-vf', filter, ...lossless, file);
  }
}

async function edit({ variant, clip, frames }: Place, asked: Options): Promise<TakeReport> {
  const path = join(asked.out, 'take');
  rmSync(path, { recursive: true, force: true });
  const engine = startEngine();
  try {
    const { method, guide } = variant.request(frames);
    return await engine.call('job.run', {
      source: { clip, range: { start: 0, end: frames } },
      model: { bundle: variant.depth ? asked.depthBundle : asked.bundle, provider: 'cpu' },
      prompts: { source: 'a red matte ball', target: 'a blue glass ball' },
      method,
      guide,
      sampling: { steps: asked.steps, seed: 1 },
      output: { path, format: 'png' },
    });
  } finally {
    await engine.stop();
  }
}

async function measure(place: Place, asked: Options): Promise<ClipRun> {
  const { variant, clip, frames } = place;
  const name = { variant: variant.id, clip: basename(clip), frames };
  try {
    const report = await edit(place, asked);
    await completeClip(report, frames);
    const { seconds, sampling, peakMemoryBytes, warnings, settings } = report;
    return {
      ...name,
      failure: null,
      steps: settings.sampling.steps,
      seconds: seconds.sample,
      calls: sampling.unetCalls,
      peakMemoryBytes,
      warnings,
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { ...name, failure: errorLine(error) };
  }
}

async function main(): Promise<void> {
  const asked = options();
  if (asked.help) {
    console.log(USAGE);
    return;
  }
  mkdirSync(asked.out, { recursive: true });
  // A home of its own: inversions are kept there between pieces.
  process.env.RETAKE_HOME = join(asked.out, 'home');
  await cutShapes(asked);
  const file = join(asked.out, 'clips.json');
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, ClipRun>) : {};
  const end = performance.now() + asked.minutes * 60_000;
  const places = placesOf(asked);
  const keyOf = ({ variant, clip, frames }: Place) =>
    JSON.stringify([variant.request(frames), variant.depth ?? false, basename(clip), frames, asked.steps]);
  for (const [i, place] of places.entries()) {
    const key = keyOf(place);
    if (kept[key] && kept[key].failure === null) continue;
    if (performance.now() >= end) break;
    const run = await measure(place, asked);
    kept[key] = run;
    writeFileSync(file, `${JSON.stringify(kept, null, 1)}\n`);
    console.log(
      `${i + 1}/${places.length}  ${run.variant.padEnd(16)} ${run.clip} ${run.frames}  ${run.failure ?? 'done'}`,
    );
  }
  const runs = places.flatMap((place) => {
    const run = kept[keyOf(place)];
    return run ? [{ ...run, variant: place.variant.id }] : [];
  });
  const text = clipTable(runs, asked.variants, asked);
  console.log(`\n${text}`);
  if (asked.docs !== undefined) writeBetween(resolve(asked.docs), 'clips', text);
}

await main().catch((error: unknown) => {
  console.error(error instanceof AppError ? errorLine(error) : error);
  process.exitCode = 1;
});
