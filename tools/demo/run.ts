/**
 * npm run demo: edits the shipped clip with the shipped model, then once more with another prompt out of the cache.
 * Leaves takes, previews, a contact sheet and reports in retake-demo/.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { z } from 'zod';
import type { TakeReport } from '../../src/common/report.ts';
import { duration } from '../../src/common/time/duration.ts';
import { startEngine } from '../../src/main/cli/engine.ts';
import { createProgressView } from '../../src/main/cli/progress.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { readModelSettings } from '../../src/main/engine/recipe/model-settings.ts';
import { contactSheet, mp4Preview } from './pictures.ts';

const shipped = resolve(import.meta.dirname, '../../resources/demo');
const out = resolve('retake-demo');

const demo = z
  .object({
    bundle: z.string(),
    range: z.object({ start: z.int(), end: z.int() }),
    settings: z.object({
      prompts: z.object({ source: z.string() }),
      sampling: z.looseObject({ steps: z.int() }),
    }),
    edits: z
      .array(
        z.object({
          name: z.string(),
          settings: z.looseObject({
            prompts: z.object({ target: z.string() }),
            sampling: z.looseObject({}).optional(),
          }),
        }),
      )
      .min(2),
  })
  .parse(JSON.parse(readFileSync(join(shipped, 'demo.json'), 'utf8')));
const clip = join(shipped, 'clip.mp4');
const { steps } = demo.settings.sampling;

rmSync(out, { recursive: true, force: true });
mkdirSync(out);
// A home of its own, so that the first edit shows what an inversion costs and the second what the cache saves.
process.env.RETAKE_HOME = join(out, 'home');

async function edit({ name, settings }: (typeof demo.edits)[number]): Promise<TakeReport> {
  const prompts = { ...demo.settings.prompts, ...settings.prompts };
  console.log(`\n"${prompts.source}" → "${prompts.target}"`);
  const view = createProgressView(process.stderr);
  const engine = startEngine();
  engine.onEvent((event) => {
    if (event.kind === 'progress') view.show(event.progress);
    else if (event.kind === 'warning') view.note(event.message);
  });
  try {
    return await engine.call('job.run', {
      ...settings,
      source: { clip, range: demo.range },
      model: { bundle: join(shipped, demo.bundle) },
      prompts,
      sampling: { ...demo.settings.sampling, ...settings.sampling },
      guide: { ...(settings.guide as object), anchor: demo.range.start },
      output: { path: join(out, `${name}.mov`) },
    });
  } finally {
    view.end();
    await engine.stop();
  }
}

const whole = await probeClip(clip, {});
const frames = demo.range.end - demo.range.start;
console.log(
  `Two edits of the first ${frames} of ${whole.frames} frames in ${steps} steps, so that you see something soon.`,
);

const reports: TakeReport[] = [];
for (const one of demo.edits.slice(0, 2)) {
  const report = await edit(one);
  reports.push(report);
  const { inversion, sampling, seconds, take } = report;
  console.log(
    `${take.frames} frames in ${duration(seconds.total)}: ${inversion.unetCalls} network calls to invert, ${sampling.unetCalls} to render`,
  );
  await mp4Preview(take.path, join(out, `${one.name}.mp4`));
}
const sheet = join(out, 'sheet.png');
await contactSheet([clip, ...reports.map((report) => report.take.path)], frames, sheet);
rmSync(join(out, 'home'), { recursive: true, force: true });

const [first, second] = reports as [TakeReport, TakeReport];
const { values } = await readModelSettings(join(shipped, demo.bundle));
const finer = values.sampling?.steps ?? steps;
const more = (whole.frames * finer) / (frames * steps);
const wholeSeconds = (first.seconds.invert + first.seconds.sample) * more;
const here = (path: string) => relative(process.cwd(), path);
console.log(`
first edit ${duration(first.seconds.total)}, second edit ${duration(second.seconds.total)}: its inversions came from the cache
Cut for speed: ${frames} of ${whole.frames} frames, and ${steps} steps where the model's own settings say ${finer}.
Without the cuts the first edit would take about ${duration(wholeSeconds)}.

  ${here(sheet).padEnd(28)} clip and takes side by side
${demo.edits
  .slice(0, 2)
  .map(
    ({ name }) =>
      `  ${`${here(join(out, name))}.mov`.padEnd(28)} ProRes 422 HQ with sound and timecode (.mp4: to look at)`,
  )
  .join('\n')}

Next: your own prompt,
  npx retake edit resources/demo/clip.mp4 --model resources/demo/${demo.bundle} \\
    --source-prompt "${demo.settings.prompts.source}" --prompt "…" --out take.mov
or your own clip with a real Stable Diffusion: see "Use a real Stable Diffusion" in README.md.`);
