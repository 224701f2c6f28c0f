/**
 * npm run demo: edits the shipped clip with the shipped model, then once more with another prompt out of the cache.
 * Leaves takes, previews, a contact sheet and reports in retake-demo/.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { z } from 'zod';
import type { TakeReport } from '../../src/common/report.ts';
import { editSettings } from '../../src/common/settings.ts';
import { startEngine } from '../../src/main/cli/engine.ts';
import { clock, createProgressView } from '../../src/main/cli/progress.ts';
import { contactSheet, mp4Preview } from './pictures.ts';

const shipped = resolve(import.meta.dirname, '../../resources/demo');
const out = resolve('retake-demo');

const demo = z
  .object({
    bundle: z.string(),
    sourcePrompt: z.string(),
    edits: z.array(editSettings.partial().extend({ name: z.string(), prompt: z.string() })).min(2),
  })
  .parse(JSON.parse(readFileSync(join(shipped, 'demo.json'), 'utf8')));
const clip = join(shipped, 'clip.mp4');

rmSync(out, { recursive: true, force: true });
mkdirSync(out);
// A home of its own, so that the first edit shows what an inversion costs and the second what the cache saves.
process.env.RETAKE_HOME = join(out, 'home');

async function edit({ name, ...settings }: (typeof demo.edits)[number]): Promise<TakeReport> {
  console.log(`\n"${demo.sourcePrompt}" → "${settings.prompt}"`);
  const view = createProgressView(process.stderr);
  const engine = startEngine();
  engine.onEvent((event) => {
    if (event.kind === 'progress') view.show(event.progress);
    else if (event.kind === 'warning') view.note(event.message);
  });
  try {
    return await engine.call('job.run', {
      ...settings,
      clip,
      bundle: join(shipped, demo.bundle),
      sourcePrompt: demo.sourcePrompt,
      out: join(out, `${name}.mov`),
    });
  } finally {
    view.end();
    await engine.stop();
  }
}

const reports: TakeReport[] = [];
for (const one of demo.edits.slice(0, 2)) {
  const report = await edit(one);
  reports.push(report);
  const { inversion, sampling, seconds, take } = report;
  console.log(
    `${take.frames} frames in ${clock(seconds.total)}: ${inversion.unetCalls} network calls to invert, ${sampling.unetCalls} to render`,
  );
  await mp4Preview(take.path, join(out, `${one.name}.mp4`));
}
const sheet = join(out, 'sheet.png');
await contactSheet([clip, ...reports.map((report) => report.take.path)], sheet);
rmSync(join(out, 'home'), { recursive: true, force: true });

const [first, second] = reports as [TakeReport, TakeReport];
const here = (path: string) => relative(process.cwd(), path);
console.log(`
first edit ${clock(first.seconds.total)}, second edit ${clock(second.seconds.total)}: its inversions came from the cache

  ${here(sheet).padEnd(28)} clip and takes side by side
${demo.edits
  .slice(0, 2)
  .map(
    ({ name }) =>
      `  ${`${here(join(out, name))}.mov`.padEnd(28)} ProRes 422 HQ with sound and timecode (.mp4: to look at)`,
  )
  .join('\n')}

Next: your own prompt,
  npx retake edit resources/demo/clip.mp4 --bundle resources/demo/${demo.bundle} \\
    --steps 25 --guidance 1.5 --refinement 1 \\
    --source-prompt "${demo.sourcePrompt}" --prompt "…" --out take.mov
or your own clip with a real Stable Diffusion: see "Use a real Stable Diffusion" in README.md.`);
