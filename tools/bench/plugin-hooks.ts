/**
 * What it costs that a method is a plugin's, in a process of its own: one hook at the size of 512², and a whole edit by the shipped
 * demo model beside the same method of Retake. Both make the same bits (test/integration/plugin-methods.test.ts).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MANIFEST_FILE, parseManifest } from '../../src/common/plugins/manifest.ts';
import { sampling1 } from '../../src/common/plugins/sampling-v1.ts';
import { parseSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { methodContributor } from '../../src/main/engine/plugin-methods/contributor.ts';
import { OFFERED } from '../../src/main/engine/plugins/offered.ts';
import { pluginProcess } from '../../src/main/engine/plugins/process/plugin-process.ts';
import { createProgressMeter } from '../../src/main/engine/progress.ts';
import { CheckpointFile } from '../../src/main/engine/render/checkpoint-file.ts';
import { render } from '../../src/main/engine/render/render.ts';
import { openWorkbench } from './edits.ts';
import type { Measure } from './measure.ts';

const root = resolve(import.meta.dirname, '../..');
const FOLDER = join(root, 'test/fixtures/plugins/carry-over');
const [CALLS, EDITS] = [400, 4];
/** Of 512²: 64 KB a latent. */
const SHAPE = { channels: 4, height: 64, width: 64 };

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function openPlugin() {
  const manifest = parseManifest(await readFile(join(FOLDER, MANIFEST_FILE), 'utf8'));
  const { id, version, name } = manifest;
  const facts = { id, version, name, api: manifest.manifest };
  const plugin = { facts, manifest, dir: FOLDER, granted: {}, developer: true, stamp: '' };
  return { plugin, handle: pluginProcess(plugin, { offered: OFFERED, onCrash: () => {} }) };
}

type Handle = Awaited<ReturnType<typeof openPlugin>>['handle'];

/** Milliseconds of one `blend` that reads one frame: three latents there, one back. */
async function hookMilliseconds(handle: Handle): Promise<number> {
  const latent = (frame: number) => noiseFor(1, frame, SHAPE.channels * SHAPE.height * SHAPE.width);
  const level = { timestep: 500, alphaBar: 0.5, sigma: 1 };
  const seen = {
    ...{ step: 0, steps: 10, run: 0, form: 've' as const, from: level, to: level, shape: SHAPE, frame: 1 },
    ...{
      denoised: latent(1),
      recalled: [],
      reads: [{ frame: 0, denoised: latent(2), used: latent(3), next: null }],
    },
  } as const;
  const taken: number[] = [];
  for (let call = 0; call < CALLS; call++) {
    const began = performance.now();
    await handle.call(sampling1, 'blend', 'mix', [
      { ...seen, reads: [...seen.reads], recalled: [] },
      { w: 0.6, previous: 'after' },
    ]);
    taken.push(performance.now() - began);
  }
  return median(taken.slice(CALLS / 4));
}

/** Seconds of sampling, by method: the best of some edits in turn, from one cache. */
async function sampleSeconds(
  methods: readonly string[],
  say: (doing: string) => void,
): Promise<{ seconds: number[]; calls: number }> {
  await using bench = await openWorkbench(join(root, 'resources/demo/bundle'));
  const dir = mkdtempSync(join(tmpdir(), 'retake-plugin-hooks-'));
  const cache = new ArtefactStore(join(dir, 'cache.sqlite'), {
    limitBytes: 2 ** 30,
    onWarning: console.error,
  });
  try {
    const taken: number[][] = methods.map(() => []);
    let calls = 0;
    // The first of each inverts, or warms up.
    for (let edit = 0; edit <= EDITS; edit++) {
      for (const [i, id] of methods.entries()) {
        say(`edit ${edit + 1} of ${EDITS + 1} by ${id}`);
        const settings = parseSettings({
          source: { clip: await bench.clip(8) },
          model: { bundle: bench.bundle, provider: 'cpu' },
          prompts: { source: 'a red ball', target: 'a blue ball' },
          method: { id },
          sampling: { steps: 8, size: 128 },
          output: { path: join(dir, `${edit}-${i}.mov`) },
        });
        const report = await render(settings, {
          ...{
            job: 'bench',
            probe: rememberingProbe(),
            cache,
            checkpoint: new CheckpointFile(dir, `bench-${edit}-${i}`),
          },
          ...{
            signal: new AbortController().signal,
            progress: createProgressMeter(() => {}),
            warn: () => {},
            warnings: [],
          },
        });
        calls = report.sampling.unetCalls;
        if (edit > 0) taken[i]!.push(report.seconds.sample);
      }
    }
    return { seconds: taken.map((all) => Math.min(...all)), calls };
  } finally {
    cache.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

export const pluginHooks: Measure = {
  id: 'plugin-hooks',
  title: 'what a method of a plugin adds',
  seconds: 40,
  default: false,
  async run(say) {
    const { plugin, handle } = await openPlugin();
    try {
      await methodContributor(async () => handle).contribute(plugin);
      say('hooks');
      const hook = await hookMilliseconds(handle);
      const { seconds, calls } = await sampleSeconds(['mix', `${plugin.facts.id}/mix`], say);
      const [own, outside] = seconds as [number, number];
      return {
        rows: [
          ['one hook at 512², three latents there and one back', `${hook.toFixed(2)} ms`, ''],
          ['sampling by a plugin over the same of Retake', (outside / own).toFixed(3), '≤ 1.1'],
        ],
        data: { hookMilliseconds: hook, ownSeconds: own, pluginSeconds: outside, unetCalls: calls },
      };
    } finally {
      await handle.stop();
    }
  },
};
