/**
 * npm run benchmark:gradients -- --set DIR [options]: every system that follows a network backwards beside itself without, on
 * held-out shots whose true answers are known. Each take has an engine process of its own, and the rows of an edit follow one
 * another, so that ratios hold on a machine whose pace changes. Takes are kept in --out: an interrupted run goes on where it
 * stopped.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError, errorLine } from '../../src/common/errors.ts';
import { writeBetween } from './docs.ts';
import { emptyPromptsNote, gradientTable } from './gradient-table.ts';
import { gradientGroups } from './gradient-variants.ts';
import { ATTRIBUTES, readHeldOut, readPictures } from './heldout.ts';
import { writePng } from './pictures.ts';
import { openBench, type Run } from './runs.ts';

const root = resolve(import.meta.dirname, '../..');
const USAGE = `usage: npm run benchmark:gradients -- [options]
  --set DIR        held-out shots (default tools/world/run/heldout)
  --bundle DIR     model (default resources/demo/bundle)
  --image-text DIR CLIP model that steers and measures (default resources/demo/image-text where that is)
  --out DIR        kept takes (default test-results/benchmark-gradients)
  --shots N        the first so many (default 2)
  --edits LIST     of ${ATTRIBUTES.join(', ')} (default colour,environment)
  --steps N --guidance G --refinement K --seed S   (defaults 10, 1.5, 1, 1; null-text inversion has full guidance)
  --minutes M      take up nothing new after so long; call again to go on (0: report what there is)
  --docs FILE      also puts the tables into this document, between its marks`;

function options() {
  const text = { type: 'string' } as const;
  const ours = join(root, 'resources/demo/image-text');
  const { values } = parseArgs({
    options: {
      set: { ...text, default: join(root, 'tools/world/run/heldout') },
      bundle: { ...text, default: join(root, 'resources/demo/bundle') },
      'image-text': text,
      out: { ...text, default: join(root, 'test-results/benchmark-gradients') },
      shots: { ...text, default: '2' },
      edits: { ...text, default: 'colour,environment' },
      steps: { ...text, default: '10' },
      guidance: { ...text, default: '1.5' },
      refinement: { ...text, default: '1' },
      seed: { ...text, default: '1' },
      minutes: { ...text, default: 'Infinity' },
      docs: text,
      help: { type: 'boolean', default: false },
    },
  });
  const number = (name: 'shots' | 'steps' | 'guidance' | 'refinement' | 'seed' | 'minutes') => {
    const value = Number(values[name]);
    if (values[name] === '' || Number.isNaN(value) || value < 0)
      throw refuse(`--${name} is no number: "${values[name]}"`);
    return value;
  };
  const edits = new Set<string>(values.edits.split(','));
  for (const edit of edits)
    if (!(ATTRIBUTES as readonly string[]).includes(edit)) throw refuse(`there is no edit "${edit}"`);
  return {
    help: values.help,
    docs: values.docs,
    dir: resolve(values.set),
    bundle: resolve(values.bundle),
    imageText: values['image-text'] ? resolve(values['image-text']) : existsSync(ours) ? ours : null,
    out: resolve(values.out),
    edits,
    shots: number('shots'),
    steps: number('steps'),
    guidance: number('guidance'),
    refinement: number('refinement'),
    seed: number('seed'),
    minutes: number('minutes'),
  };
}

function refuse(message: string): AppError {
  return new AppError('usage', message, { doing: 'reading the options', hint: 'See --help.' });
}

async function main(): Promise<void> {
  const asked = options();
  if (asked.help) {
    console.log(USAGE);
    return;
  }
  const { steps, guidance, refinement, seed, out } = asked;
  const set = readHeldOut(asked.dir);
  const shots = set.shots.slice(0, asked.shots);
  const styles = join(out, 'styles');
  mkdirSync(styles, { recursive: true });
  const groups = gradientGroups({
    imageText: asked.imageText,
    style: (shot, edit) => join(styles, `${shot.name}-${edit.kind}.png`),
  });
  await using bench = await openBench(set, {
    ...asked,
    depthBundle: null,
    judge: join(asked.dir, 'judge.onnx'),
    apart: true,
  });
  const places = shots.flatMap((shot) =>
    shot.edits
      .filter(({ kind }) => kind === 'same' || asked.edits.has(kind))
      .flatMap((edit) =>
        groups
          .filter(({ of }) => (of === 'clip') === (edit.kind === 'same'))
          .flatMap(({ variants }) => variants.map((variant) => ({ shot, edit, variant }))),
      ),
  );
  const end = performance.now() + asked.minutes * 60_000;
  const runs: Run[] = [];
  for (const [i, { shot, edit, variant }] of places.entries()) {
    const kept = bench.kept(shot, edit, variant) !== null;
    if (!kept && performance.now() >= end) continue;
    const style = join(styles, `${shot.name}-${edit.kind}.png`);
    if (!existsSync(style)) await writePng(readPictures(edit.truth)[0]!, set.side, set.side, style);
    const run = await bench.run(shot, edit, variant);
    runs.push(run);
    if (kept) continue;
    const { psnr, pixelMse } = run.scores;
    console.log(
      `${i + 1}/${places.length}  shot ${shot.name}  ${edit.kind.padEnd(11)}  ${variant.id.padEnd(26)}  ` +
        `${psnr.whole.toFixed(2)} dB  Pixel-MSE ${pixelMse?.toFixed(1) ?? '–'}  ${run.cost?.seconds.toFixed(1) ?? '–'} s`,
    );
  }
  const made = `${steps} steps, guidance ${guidance} where nothing else is said, refinement ${refinement}, seed ${seed}`;
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
  const text = [
    `Model ${bench.bundle.name}, held-out shots: ${shots.length} of ${set.frames} frames at ${set.side}×${set.side}, edits of ${[...asked.edits].join(' and ')}; ${made}; ${machine}; ${new Date().toISOString().slice(0, 10)}.`,
    ...groups.flatMap((group) => gradientTable(group, runs) ?? []),
    ...[emptyPromptsNote(runs)].filter((note) => note !== null),
  ].join('\n\n');
  if (asked.docs !== undefined) writeBetween(resolve(asked.docs), 'gradients', text);
  console.log(`\n${text}`);
}

await main().catch((error: unknown) => {
  console.error(error instanceof AppError ? errorLine(error) : error);
  process.exitCode = 1;
});
