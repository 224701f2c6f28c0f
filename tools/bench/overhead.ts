/**
 * What the engine costs beside the network: wall time of an edit over the time its UNet calls spent inside bare
 * session.run, measured around each call in the same process.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { createProgressMeter } from '../../src/main/engine/progress.ts';
import { CheckpointFile } from '../../src/main/engine/render/checkpoint-file.ts';
import { render } from '../../src/main/engine/render/render.ts';
import { openWorkbench } from './edits.ts';
import type { Measure } from './measure.ts';

interface Overhead {
  readonly model: string;
  readonly canvas: number;
  readonly frames: number;
  readonly steps: number;
  readonly wallSeconds: number;
  readonly unetCalls: number;
  /** Mean of a bare call. */
  readonly bareMilliseconds: number;
  /** Everything over bare UNet time: decode, VAE, cache, checkpoints, encode and all. */
  readonly editRatio: number;
  /** Inverting and sampling alone over bare UNet time. */
  readonly loopRatio: number;
}

/** @param bundle folder of a model; a tiny one with random weights when absent */
async function measureOverhead(options: {
  bundle?: string;
  size: number;
  frames: number;
  steps: number;
}): Promise<Overhead> {
  await using bench = await openWorkbench(options.bundle);
  const dir = mkdtempSync(join(tmpdir(), 'retake-overhead-'));
  const cache = new ArtefactStore(join(dir, 'cache.sqlite'), {
    limitBytes: 2 ** 30,
    onWarning: console.error,
  });
  try {
    const settings = parseSettings({
      source: { clip: await bench.clip(options.frames) },
      model: { bundle: bench.bundle, provider: 'cpu' },
      prompts: { source: 'a red car', target: 'a swan' },
      sampling: { steps: options.steps, size: options.size },
      output: { path: join(dir, 'take.mov') },
    });
    const report = await render(settings, {
      job: 'bench',
      probe: rememberingProbe(),
      cache,
      checkpoint: new CheckpointFile(dir, 'bench'),
      signal: new AbortController().signal,
      progress: createProgressMeter(() => {}),
      // What the take looks like is no matter here.
      warn: () => {},
      warnings: [],
    });
    const { inversion, sampling, seconds } = report;
    const unetCalls = inversion.unetCalls + inversion.checkUnetCalls + sampling.unetCalls;
    const bare = seconds.run.unet ?? 0;
    return {
      model: report.bundle.name,
      canvas: report.canvas.width,
      frames: options.frames,
      steps: options.steps,
      wallSeconds: seconds.total,
      unetCalls,
      bareMilliseconds: (bare / unetCalls) * 1000,
      editRatio: seconds.total / bare,
      loopRatio: (seconds.invert + seconds.sample) / bare,
    };
  } finally {
    cache.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

export const overhead: Measure = {
  id: 'overhead',
  title: 'what the engine adds to bare calls',
  seconds: 40,
  default: true,
  async run(_say, bundle) {
    const data = await measureOverhead({
      ...(bundle !== undefined && { bundle }),
      size: 256,
      frames: 8,
      steps: 6,
    });
    const { model, canvas, bareMilliseconds, loopRatio, editRatio } = data;
    return {
      rows: [
        ['bare UNet call', `${bareMilliseconds.toFixed(1)} ms (${model}, ${canvas}²)`, ''],
        ['inverting and sampling over bare calls', loopRatio.toFixed(3), '≤ 1.03'],
        ['whole edit over bare calls', editRatio.toFixed(3), '≤ 1.05'],
      ],
      data,
    };
  },
};
