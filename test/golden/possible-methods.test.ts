/** Ways of editing that are not offered yet, against the numbers that are there for them. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleRuns } from '../../src/main/engine/diffusion/driver.ts';
import { tuneNullText } from '../../src/main/engine/diffusion/null-text.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import type { Conditioning, Latent } from '../../src/main/engine/diffusion/types.ts';
import type { Have } from '../../src/main/engine/methods/have.ts';
import { pix2video } from '../../src/main/engine/methods/pix2video.ts';
import { tuneAVideo } from '../../src/main/engine/methods/tune-a-video.ts';
import type { Method } from '../../src/main/engine/methods/types.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import type { Bundle } from '../../src/main/engine/models/types.ts';
import { GoldenCase } from '../../tools/golden/case.ts';
import { methodRuns } from '../helpers/method-runs.ts';
import { nullText } from '../helpers/possible-methods/null-text.ts';
import { sharedPath } from '../helpers/shared.ts';
import { maxDiff } from '../helpers/smooth-network.ts';

const folder = sharedPath('golden');

function caseAt(...path: string[]): GoldenCase {
  const dir = join(folder!, ...path);
  return new GoldenCase(dir, JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')));
}

interface Asked {
  readonly method: Method;
  readonly params?: object;
  readonly start: readonly Latent[];
  readonly branches: readonly Conditioning[];
  readonly made?: Partial<Have>;
}

describe.skipIf(!folder)('numbers of', () => {
  const open = new Map<string, Bundle>();
  beforeAll(async () => {
    for (const name of ['tiny-sd', 'tiny-sd-depth'])
      open.set(
        name,
        await openBundle(join(folder!, 'bundles', name), {
          sites: 'all',
          joint: true,
          provider: 'cpu',
        }),
      );
  });
  afterAll(async () => {
    for (const bundle of open.values()) await bundle.close();
  });

  /** Latents of the last run, by step and frame. */
  async function trajectory(golden: GoldenCase, name: string, asked: Asked): Promise<Latent[][]> {
    const bundle = open.get(name)!;
    const shape = { channels: 4, height: 8, width: 8 };
    const schedule = makeLevels(bundle.scheduler, golden.number('steps'), { solver: ddim });
    const of = { start: asked.start, anchor: 0, seed: 0, schedule, solver: ddim, shape };
    const runs = methodRuns(asked.method, asked.params ?? {}, of, asked.made);
    const latents: Latent[][] = [];
    await sampleRuns({
      runs,
      predict: bundle.predict(shape),
      prediction: bundle.scheduler.prediction,
      solver: ddim,
      branches: asked.branches,
      guidance: golden.number('guidance'),
      ...(bundle.structureChannels > 0 && { structure: golden.structure(shape)! }),
      seed: 0,
      onVisit({ run, step, frame, latent }) {
        if (run !== runs.length - 1) return;
        latents[step] ??= [];
        latents[step][frame] = latent!;
      },
    });
    return latents;
  }

  function compare(golden: GoldenCase, output: string, latents: readonly Latent[]): void {
    const { data } = golden.expected(output);
    const got = Float32Array.from(latents.flatMap((latent) => [...latent]));
    expect(got.length, output).toBe(data.length);
    expect(maxDiff(got, data), output).toBeLessThan(golden.outputs[output]!.suggested_atol!);
  }

  it.each([
    { method: tuneAVideo },
    { method: pix2video, params: { attention: 'sparse-causal', update: 'off' } },
  ])('sparse-causal attention, of $method.label', async (of) => {
    const golden = caseAt('cases-depth', '07-joint');
    const { frames: start } = golden.latents('zT');
    const asked = { ...of, start, branches: golden.branches('ctx_edit') };
    compare(golden, 'sparse_causal', (await trajectory(golden, 'tiny-sd-depth', asked)).flat());
  });

  it.each(['08-nulltext-3', '08-nulltext-10'])('null text: %s', async (name) => {
    const golden = caseAt('cases-depth', name);
    const [, conditional] = golden.branches('ctx_source');
    const { shape, data } = golden.expected('embeddings');
    const [, , tokens, dim] = shape as [number, number, number, number];
    const pivot = golden.expected('pivot');
    const size = pivot.data.length / pivot.shape[0]!;
    const start = [Float32Array.from(pivot.data.slice(-size))];
    const textAt = (_: number, step: number): Conditioning => ({
      hidden: Float32Array.from(data.slice(step * tokens * dim, (step + 1) * tokens * dim)),
      tokens,
      dim,
    });
    const asked = {
      method: nullText,
      start,
      branches: [conditional!, conditional!],
      made: { nullText: textAt },
    };
    compare(golden, 'trajectory', (await trajectory(golden, 'tiny-sd-depth', asked)).flat());
  });

  it.each(['08-nulltext-3', '08-nulltext-10'])('tuned texts: %s', async (name) => {
    const golden = caseAt('cases-depth', name);
    const path = join(folder!, 'bundles', 'tiny-sd-depth');
    const bundle = await openBundle(path, { sites: 'none', provider: 'cpu', gradients: ['text'] });
    open.set(name, bundle);
    const shape = { channels: 4, height: 8, width: 8 };
    const [unconditional, conditional] = golden.branches('ctx_source');
    const pivot = golden.expected('pivot');
    const size = pivot.data.length / pivot.shape[0]!;
    const way = Array.from({ length: pivot.shape[0]! }, (_, level) =>
      Float32Array.from(pivot.data.slice(level * size, (level + 1) * size)),
    ).reverse();
    const { texts, latents, losses } = await tuneNullText({
      ...{ predict: bundle.predict(shape), record: bundle.record(shape), solver: ddim },
      ...{ prediction: bundle.scheduler.prediction, guidance: golden.number('guidance') },
      schedule: makeLevels(bundle.scheduler, golden.number('steps'), { solver: ddim }),
      ...{ conditional: conditional!, unconditional: unconditional!, inner: golden.number('inner') },
      pivots: [{ frame: 0, way, structure: golden.structure(shape)!(0) }],
    });
    compare(golden, 'embeddings', texts);
    // Losses after the one that was near enough are -1 in the file.
    const inner = golden.number('inner');
    compare(
      golden,
      'losses',
      losses.map((all) => Float32Array.from({ length: inner }, (_, k) => all[k] ?? -1)),
    );
    const { shape: dims, data } = golden.expected('trajectory');
    const last = data.length / dims[0]!;
    expect(maxDiff(latents[0]!, data.slice(-last))).toBeLessThan(golden.outputs.trajectory!.suggested_atol!);
  });
});
