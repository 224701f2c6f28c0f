/** Whether pictures painted from noise alone show what their caption says, by the judge. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { denoiseOf } from '../../src/main/engine/diffusion/denoiser.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import { sampleFrame } from '../../src/main/engine/diffusion/sample.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import { ATTRIBUTES, type Attribute, type HeldOutSet } from './heldout.ts';
import { writeStrip } from './pictures.ts';
import type { Bench } from './runs.ts';

export interface CaptionResult {
  readonly pictures: number;
  readonly judge: string;
  /** Share of pictures whose attribute is recognised as the caption's. */
  readonly followed: Readonly<Record<Attribute, number>>;
}

/**
 * Null without a judge, or where nothing is kept and nothing may be painted. One picture for the first shots' source prompt and each of their edits.
 * @param file result, kept; the pictures are written beside it as a strip
 */
export async function measureCaptions(
  bench: Bench,
  set: HeldOutSet,
  options: {
    shots: number;
    steps: number;
    guidance: number;
    seed: number;
    file: string;
    /** Whether there is still time to paint. */
    paint: boolean;
  },
): Promise<CaptionResult | null> {
  const { bundle, judge } = bench;
  if (!judge) return null;
  const { guidance, file } = options;
  const asked = set.shots.slice(0, options.shots).flatMap((shot) => shot.edits);
  if (existsSync(file)) {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as CaptionResult;
    if (kept.pictures === asked.length && kept.judge === judge.digest) return kept;
  }
  // Nothing says how far things are in a picture that is yet to be made.
  if (!options.paint || bench.bundle.structureChannels > 0) return null;
  console.log(`painting ${asked.length} captions`);
  const { side } = set;
  const size = side / bundle.factor;
  const shape = { channels: bundle.latentChannels, height: size, width: size };
  const schedule = makeLevels(bundle.scheduler, options.steps, { solver: ddim, schedule: 'bundle' });
  const negative = await bundle.embed('', { width: side, height: side });
  const right = Object.fromEntries(ATTRIBUTES.map((name) => [name, 0])) as Record<Attribute, number>;
  const pictures: Uint8Array[] = [];
  for (const [i, { prompt, look }] of asked.entries()) {
    const along = await bundle.embed(prompt, { width: side, height: side });
    const denoise = denoiseOf({
      predict: bundle.predict(shape),
      prediction: bundle.scheduler.prediction,
      form: 'vp',
      branches: [negative, along],
      guidance,
    });
    const noise = noiseFor(options.seed, i, shape.channels * size * size);
    const decoded = await bundle.decode(await sampleFrame(ddim, denoise, noise, schedule), shape);
    const picture = new Uint8Array(decoded.map((value) => Math.round(255 * value)));
    pictures.push(picture);
    const verdict = await judge.judge(picture, side);
    for (const name of ATTRIBUTES) if (verdict.look[name] === look[name]) right[name] += 1;
  }
  const share = (name: Attribute) => [name, right[name] / asked.length];
  const result: CaptionResult = {
    pictures: asked.length,
    judge: judge.digest,
    followed: Object.fromEntries(ATTRIBUTES.map(share)) as Record<Attribute, number>,
  };
  await writeStrip(pictures, side, file.replace(/\.json$/, '.png'));
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  return result;
}
