/**
 * npm run benchmark:edits -- --set DIR [options]: edits of held-out shots, whose true answers are known, by every method.
 * Prints tables and leaves results.json, results.csv, results.md and contact sheets in --out. Every take is kept there:
 * an interrupted run goes on where it stopped.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError, errorLine } from '../../src/common/errors.ts';
import { duration } from '../../src/common/time/duration.ts';
import { bars } from './bars.ts';
import { measureCaptions } from './captions.ts';
import { writeDocument } from './docs.ts';
import { ATTRIBUTES, readHeldOut, type Shot } from './heldout.ts';
import { meanColour } from './mean-colour.ts';
import { findings } from './order.ts';
import { type Place, plan } from './plan.ts';
import { csv, markdown, type Results } from './report.ts';
import { type Bench, openBench, type Run } from './runs.ts';
import { mean } from './scores.ts';
import { byEdit, rowsOf, writeSheet } from './sheets.ts';
import { VARIANTS, variantNamed } from './variants.ts';

/** Pictures made from noise want more guidance than edits that start from an inversion. */
const CAPTION_GUIDANCE = 3;

const root = resolve(import.meta.dirname, '../..');
const USAGE = `usage: npm run benchmark:edits -- [options]
  --set DIR        held-out shots (default tools/world/run/heldout; "make heldout" in tools/world renders them)
  --bundle DIR     model (default resources/demo/bundle)
  --depth-bundle DIR  its like that takes depth, for methods that need structure (default resources/demo/depth-bundle where that is)
  --judge FILE     judge.onnx (default the one in the set's folder)
  --image-text DIR CLIP model in the transformers.js layout (default resources/demo/image-text where that is)
  --out DIR        results and kept takes (default test-results/benchmark)
  --shots N|LIST   shots to edit: so many, or by name, 00,03 (default 24, about an hour and a half on two cores; --quick 4, a
                   few minutes)
  --edits LIST     of ${ATTRIBUTES.join(', ')} (default all; --quick colour,environment)
  --methods LIST   of ${VARIANTS.map(({ id }) => id).join(', ')}
  --ablations N    shots on which the ablations run, colour and environment only (default 8; --quick 2)
  --steps N --guidance G --refinement K --seed S   (defaults 20, 1.5, 3, 1)
  --minutes M      take up nothing new after so long; call again to go on (0: report what there is)
  --docs FILE      also puts the results into this document, between its marks
  --quick          a small set`;

function options() {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      set: { ...text, default: join(root, 'tools/world/run/heldout') },
      bundle: { ...text, default: join(root, 'resources/demo/bundle') },
      'depth-bundle': text,
      judge: text,
      'image-text': text,
      out: { ...text, default: join(root, 'test-results/benchmark') },
      shots: text,
      edits: text,
      methods: text,
      ablations: text,
      steps: { ...text, default: '20' },
      guidance: { ...text, default: '1.5' },
      refinement: { ...text, default: '3' },
      seed: { ...text, default: '1' },
      minutes: { ...text, default: 'Infinity' },
      docs: text,
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick } = values;
  const set = resolve(values.set);
  const list = (
    given: string | undefined,
    all: readonly string[],
    whole: readonly string[],
    what: string,
  ) => {
    const chosen = given?.split(',') ?? whole;
    const wrong = chosen.find((name) => !all.includes(name));
    if (wrong !== undefined) throw refuse(`there is no ${what} "${wrong}"`);
    return new Set(chosen);
  };
  const ids = VARIANTS.map(({ id }) => id);
  return {
    ...values,
    set,
    bundle: resolve(values.bundle),
    depthBundle: folderOr(values['depth-bundle'], 'resources/demo/depth-bundle'),
    judge: resolve(values.judge ?? join(set, 'judge.onnx')),
    imageText: folderOr(values['image-text'], 'resources/demo/image-text'),
    out: resolve(values.out),
    shots: values.shots ?? (quick ? '4' : '24'),
    ablations: number('ablations', values.ablations ?? (quick ? '2' : '8')),
    edits: list(values.edits, ATTRIBUTES, quick ? ['colour', 'environment'] : ATTRIBUTES, 'edit'),
    methods: list(values.methods, ids, ids, 'method'),
    steps: number('steps', values.steps),
    guidance: number('guidance', values.guidance),
    refinement: number('refinement', values.refinement),
    seed: number('seed', values.seed),
    minutes: number('minutes', values.minutes),
  };
}

/** The folder given, or our own where that is. */
function folderOr(given: string | undefined, ours: string): string | null {
  if (given !== undefined) return resolve(given);
  const own = join(root, ours);
  return existsSync(own) ? own : null;
}

/** The first so many, or those named. */
function chosen(shots: readonly Shot[], asked: string): readonly Shot[] {
  const names = asked.split(',');
  if (names.length === 1 && !shots.some(({ name }) => name === asked)) {
    return shots.slice(0, number('shots', asked));
  }
  const wrong = names.find((one) => !shots.some(({ name }) => name === one));
  if (wrong !== undefined) throw refuse(`there is no shot "${wrong}"`);
  return shots.filter(({ name }) => names.includes(name));
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (text === '' || Number.isNaN(value) || value < 0) throw refuse(`--${name} is no number: "${text}"`);
  return value;
}

function refuse(message: string): AppError {
  return new AppError('usage', message, { doing: 'reading the options', hint: 'See --help.' });
}

async function runAll(bench: Bench, places: readonly Place[], inTime: () => boolean): Promise<Run[]> {
  const began = performance.now();
  const fresh = places.filter(({ shot, edit, variant }) => !bench.kept(shot, edit, variant)).length;
  let rendered = 0;
  const runs: Run[] = [];
  for (const { shot, edit, variant } of places) {
    const kept = bench.kept(shot, edit, variant) !== null;
    if (!kept && !inTime()) continue;
    const run = await bench.run(shot, edit, variant);
    runs.push(run);
    if (kept) continue;
    rendered++;
    const left = ((performance.now() - began) / 1000 / rendered) * (fresh - rendered);
    const { psnr, pixelMse } = run.scores;
    console.log(
      `${rendered}/${fresh}  shot ${shot.name}  ${edit.kind.padEnd(11)}  ${variant.id.padEnd(13)}  ` +
        `${psnr.whole.toFixed(2)} dB  Pixel-MSE ${pixelMse?.toFixed(1) ?? '–'}  ${duration(left)} left`,
    );
  }
  return runs;
}

/** Mean distance of the object's mean colour before and after the autoencoder, colours in 0..1. */
async function colourError(
  bench: Bench,
  shots: readonly Shot[],
  runs: readonly Run[],
): Promise<number | null> {
  const distances: number[] = [];
  const ceiling = variantNamed('ceiling')!;
  for (const shot of shots) {
    const edit = shot.edits.find(({ kind }) => kind === 'same')!;
    if (!runs.some((run) => run.shot === shot.name && run.kind === 'same' && run.variant === 'ceiling'))
      continue;
    const { source, masks } = bench.footage(shot);
    for (const [i, picture] of (await bench.frames(shot, edit, ceiling)).entries()) {
      const inside = (pixel: number) => masks[i]![pixel] !== 0;
      const [before, after] = [meanColour(source[i]!, inside), meanColour(picture, inside)];
      if (before && after) distances.push(Math.hypot(...before.map((value, c) => value - after[c]!)));
    }
  }
  return mean(distances);
}

/** One sheet per edit, with every method that was run on it. */
async function sheets(bench: Bench, places: readonly Place[], side: number, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const own of byEdit(places).values()) {
    const { shot, edit } = own[0]!;
    await writeSheet(await rowsOf(bench, own), side, 4, join(folder, `${shot.name}-${edit.kind}.png`));
  }
}

/** Something fast under another colour, something turning in other surroundings: there methods differ most. */
function shownOfMotion(places: readonly Place[]): Place[][] {
  const shown = (
    [
      ['fast', 'colour'],
      ['turn', 'environment'],
    ] as const
  ).map(([motion, kind]) =>
    [...byEdit(places).values()].find(
      ([place]) => place!.shot.motions.includes(motion) && place!.edit.kind === kind,
    ),
  );
  return shown.filter((own) => own !== undefined);
}

async function main(): Promise<void> {
  const asked = options();
  if (asked.help) {
    console.log(USAGE);
    return;
  }
  const set = readHeldOut(asked.set);
  const { steps, guidance, refinement, seed, out } = asked;
  await using bench = await openBench(set, { ...asked, dir: asked.set });
  if (!bench.imageText) console.log('no image-text model: similarity to prompts is not measured');
  if (!bench.judge) console.log(`no judge at ${asked.judge}: nothing is said about attributes`);
  const shots = chosen(set.shots, asked.shots);
  const places = plan({ ...asked, shots, depth: asked.depthBundle !== null });
  const end = performance.now() + asked.minutes * 60_000;
  const inTime = () => performance.now() < end;

  const captionShots = Math.min(set.shots.length, asked.quick ? 12 : set.shots.length);
  const captions = await measureCaptions(bench, set, {
    shots: captionShots,
    steps,
    guidance: CAPTION_GUIDANCE,
    seed,
    file: join(out, bench.key, 'captions.json'),
    paint: inTime(),
  });
  const runs = await runAll(bench, places, inTime);
  const results: Results = {
    made: new Date().toISOString().slice(0, 10),
    model: { name: bench.bundle.name, key: bench.key },
    settings: { steps, guidance, refinement, seed },
    set: { shots: set.shots.length, frames: set.frames, side: set.side },
    machine: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`,
    captions,
    imageText: bench.imageText?.name ?? null,
    bars: bars({ runs, captions, colourError: await colourError(bench, shots, runs) }),
    findings: findings(runs),
    runs,
  };
  const text = markdown(results);
  const done = places.filter(({ shot, edit, variant }) => bench.kept(shot, edit, variant));
  await sheets(bench, done, set.side, join(out, 'sheets'));
  writeFileSync(join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(out, 'results.csv'), csv(runs));
  writeFileSync(join(out, 'results.md'), text);
  if (asked.docs !== undefined) {
    const main = done.filter(({ variant }) => variant.group === 'main' && variant.id !== 'ceiling');
    const section = set.shots.some(({ motions }) => motions.length > 0) ? 'motion' : 'results';
    const shown = section === 'motion' ? shownOfMotion(main) : [...byEdit(main).values()].slice(0, 2);
    await writeDocument(resolve(asked.docs), section, text, bench, set.side, shown);
  }
  console.log(`\n${text}\n${out}: results.md, results.csv, results.json, sheets/`);
}

await main().catch((error: unknown) => {
  console.error(error instanceof AppError ? errorLine(error) : error);
  process.exitCode = 1;
});
