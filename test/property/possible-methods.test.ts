/**
 * What the seam of methods can carry: ways of editing that are not offered yet, each a small file, on a network that really
 * depends on what it is given.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/main/engine/diffusion/checkpoint.ts';
import { sampleRuns } from '../../src/main/engine/diffusion/driver.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import { visitsOf } from '../../src/main/engine/diffusion/run.ts';
import type { SampleRequest } from '../../src/main/engine/diffusion/sampling.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import type { Predict } from '../../src/main/engine/diffusion/types.ts';
import { solverFor } from '../../src/main/engine/methods/registry.ts';
import type { Method } from '../../src/main/engine/methods/types.ts';
import { methodRuns } from '../helpers/method-runs.ts';
import { editOnlyHere } from '../helpers/possible-methods/edit-only-here.ts';
import { fateZero } from '../helpers/possible-methods/fatezero.ts';
import { nullText } from '../helpers/possible-methods/null-text.ts';
import { maxDiff, SD_SCHEDULER, SHAPE, SIZE, smoothNetwork, text } from '../helpers/smooth-network.ts';
import { AREA, madeFor, type Saw, structuresOf, watching } from '../helpers/watching.ts';

const STEPS = 5;
const made = madeFor(STEPS);

interface Possible {
  readonly method: Method;
  readonly params: object;
  readonly frames: number;
  /** Of one step of the last run. */
  readonly saw: readonly Saw[];
}

const own = (frame: number): Saw => [frame, ['own']];

const POSSIBLE: readonly Possible[] = [
  { method: nullText, params: {}, frames: 3, saw: [own(1), own(2), own(0)] },
  { method: editOnlyHere, params: {}, frames: 3, saw: [own(1), own(2), own(0)] },
  {
    method: fateZero,
    params: { share: 1 },
    frames: 2,
    saw: [own(0), own(1), [0, [0, 'own']], [1, [1, 'own']]],
  },
];

function requestOf({ method, params, frames }: Possible, predict: Predict, structures: Float32Array[]) {
  const solver = solverFor(method, params, null);
  const start = Array.from({ length: frames }, (_, frame) => noiseFor(9, frame, SIZE));
  const schedule = makeLevels(SD_SCHEDULER, STEPS, { solver });
  const of = { start, anchor: 1, seed: 42, schedule, solver, shape: SHAPE };
  const request: SampleRequest = {
    runs: methodRuns(method, params, of, made),
    predict,
    prediction: 'epsilon',
    solver,
    branches: [text(-0.3), text(0.8)],
    guidance: 3,
    structure: (frame) => structures[frame]!,
    seed: 42,
  };
  return request;
}

describe.each(POSSIBLE.map((possible) => ({ id: possible.method.id, possible })))('$id', ({ possible }) => {
  const structures = structuresOf(2 * possible.frames);
  const whole = sampleRuns(requestOf(possible, smoothNetwork(), structures));

  it('gives a latent for every frame of the shot, unlike the others and unlike each frame by itself', async () => {
    const latents = await whole;
    expect(latents).toHaveLength(possible.frames);
    const request = requestOf(possible, smoothNetwork(), structures);
    const apart = await sampleRuns({
      ...request,
      runs: request.runs.map(({ frames, schedule, start, recalls }) => ({
        frames,
        schedule,
        start,
        ...(recalls && { recalls }),
      })),
    });
    const changed = latents.filter((latent, frame) => maxDiff(latent, apart[frame]!) > 1e-3);
    // Of two stages, the frames between begin from key frames that looked at each other.
    expect(changed.length).toBeGreaterThan(0);
    for (const [i, a] of latents.entries())
      for (const b of latents.slice(i + 1)) expect(maxDiff(a, b)).toBeGreaterThan(1e-4);
  });

  it('every frame sees whom it should', async () => {
    const { predict, saw } = watching(structures);
    await sampleRuns(requestOf(possible, predict, structures));
    expect(saw.slice(-possible.saw.length)).toEqual(possible.saw);
  });

  it('goes on from every checkpoint to the same bits, and however many go together', async () => {
    const request = requestOf(possible, smoothNetwork(), structures);
    const kept: { done: number; bytes: Uint8Array }[] = [];
    await sampleRuns({
      ...request,
      onVisit({ done, checkpoint }) {
        if (checkpoint) kept.push({ done, bytes: encodeCheckpoint(checkpoint()) });
      },
    });
    for (const { done: spared, bytes } of kept) {
      const left: number[] = [];
      const again = await sampleRuns({
        ...request,
        capacity: { together: 1 + (spared % 3), fits: () => Number.POSITIVE_INFINITY },
        resume: decodeCheckpoint(bytes)!,
        onVisit: ({ done }) => void left.push(done),
      });
      expect(again, `after ${spared}`).toEqual(await whole);
      expect(left).toHaveLength(visitsOf(request.runs) - spared);
    }
  });
});

it('outside the mask an edit ends on the source', async () => {
  const possible = POSSIBLE.find(({ method }) => method === editOnlyHere)!;
  const latents = await sampleRuns(requestOf(possible, smoothNetwork(), structuresOf(3)));
  for (const [frame, latent] of latents.entries()) {
    const source = made.trajectory!(frame)[STEPS]!;
    for (let i = 0; i < SIZE; i++) expect(latent[i] === source[i], `${frame}, ${i}`).toBe(i % AREA === frame);
  }
});

/** Lines of code, without imports, comments and the schema of its settings, which grow with what it offers. */
function linesOf(file: string): number {
  const code = readFileSync(file, 'utf8')
    .replace(/^import [^;]*;$/gm, '')
    .replace(/^const schema = [\s\S]*?\}\);$/gm, '')
    .replace(/\/\*\*[\s\S]*?\*\//g, '')
    .replace(/^ *(id|label|summary|schema|sites|joint|solvers)(:.*)?,$/gm, '');
  return code.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//')).length;
}

it('each is small', () => {
  const folder = join(import.meta.dirname, '../helpers/possible-methods');
  const lengths = readdirSync(folder).map((file): [string, number] => [file, linesOf(join(folder, file))]);
  expect(lengths.length).toBe(POSSIBLE.length);
  expect(lengths.filter(([, lines]) => lines > 40)).toEqual([]);
});
