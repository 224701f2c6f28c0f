/** Methods, run from end to end on a network that is a formula: small shots, one frame, several anchors, and given up half way. */
import { Cancelled } from '../../../common/errors.ts';
import type { PluginHandle } from '../../../common/plugins/handle.ts';
import type { Manifest } from '../../../common/plugins/manifest.ts';
import { sampleRuns } from '../diffusion/driver.ts';
import { noiseFor } from '../diffusion/noise.ts';
import { visitsOf } from '../diffusion/run.ts';
import type { SampleRequest } from '../diffusion/sampling.ts';
import { makeLevels } from '../diffusion/schedule.ts';
import { give, type Have } from '../methods/have.ts';
import { parseParams, solverFor } from '../methods/registry.ts';
import type { Method } from '../methods/types.ts';
import { pluginMethod } from '../plugin-methods/method.ts';
import { broken, type Checking } from './checking.ts';
import { AREA, formulaNetwork, SCHEDULER, SHAPE, SIZE, textOf } from './formula-network.ts';

const STEPS = 6;

interface Shot {
  readonly what: string;
  readonly frames: number;
  readonly anchors: readonly number[];
}

const SHOTS: readonly Shot[] = [
  { what: 'one frame', frames: 1, anchors: [0] },
  { what: 'five frames', frames: 5, anchors: [2] },
  { what: 'six frames, three of which lead', frames: 6, anchors: [0, 3, 5] },
];

/** Everything a method may ask for, another for every frame. */
function made(): Partial<Have> {
  const trajectory = (frame: number) =>
    Array.from({ length: STEPS + 1 }, (_, level) => noiseFor(20 + level, frame, SIZE));
  return {
    inversion: (frame) => trajectory(frame)[0]!,
    clean: (frame) => trajectory(frame)[STEPS]!,
    trajectory,
    flow: (from, to) => ({
      x: new Float32Array(AREA).fill((to - from) * 0.4),
      y: new Float32Array(AREA),
      hidden: Float32Array.from({ length: AREA }, (_, i) => (i === from % AREA ? 1 : 0)),
      confidence: new Float32Array(AREA).fill(1),
    }),
    mask: (frame) => Float32Array.from({ length: AREA }, (_, i) => (i === frame % AREA ? 0 : 1)),
    pictures: {
      decode: async (latent) =>
        Float32Array.from({ length: AREA * 64 * 3 }, (_, i) => clamp((latent[i % SIZE] ?? 0) / 4 + 0.5)),
      encode: async (rgb) => Float32Array.from({ length: SIZE }, (_, i) => (rgb[i]! / 255 - 0.5) * 4),
    },
  };
}

const clamp = (value: number) => Math.min(1, Math.max(0, value));

export async function checkMethods(
  checking: Checking,
  handle: PluginHandle,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<void> {
  for (const contribution of manifest.contributes.methods ?? []) {
    const { id, deterministic } = contribution;
    const { facts } = handle;
    const open = () =>
      pluginMethod({
        ...{ contribution, suites: manifest.suites, open: async () => handle },
        plugin: { ...facts, files: 'as they are', deterministic },
      }) as unknown as Method;
    for (const { what, ...shot } of SHOTS)
      await checking.that(`method ${id}: ${what}`, async () => {
        const first = await sampled(open(), shot, signal);
        if (!deterministic) return first.words;
        const second = await sampled(open(), shot, signal);
        const same = first.latents.every((latent, at) =>
          latent.every((value, i) => value === second.latents[at]![i]),
        );
        if (!same) throw broken('its manifest says "deterministic", and the same shot twice is not the same');
        return `${first.words}, the same twice`;
      });
    await checking.that(`method ${id}: given up half way`, async () => {
      const giveUp = new AbortController();
      const both = AbortSignal.any([signal, giveUp.signal]);
      let left = 0;
      const first = ({ done, total }: { readonly done: number; readonly total: number }) => {
        if (giveUp.signal.aborted) return;
        left = total - done;
        giveUp.abort();
      };
      try {
        await sampled(open(), { frames: 4, anchors: [1] }, both, first);
      } catch (error) {
        if (!(error instanceof Cancelled) || signal.aborted) throw error;
        // It has to be there for the next shot.
        await sampled(open(), { frames: 1, anchors: [0] }, signal);
        return 'and it works on';
      }
      if (left === 0) return 'all of it is one call';
      throw broken('it went on to the end');
    });
  }
}

async function sampled(
  offered: Method,
  { frames, anchors }: Omit<Shot, 'what'>,
  signal: AbortSignal,
  onVisit?: SampleRequest['onVisit'],
) {
  const params = parseParams(offered, {});
  const asked = (await offered.resolve?.(params, null, signal)) ?? offered;
  const solver = solverFor(asked, params, null);
  const planned = {
    ...{ frames, anchors, anchor: anchors[0]!, seed: 42, structured: false, form: solver.form },
    schedule: makeLevels(SCHEDULER, STEPS, { solver }),
  };
  const method = (await offered.resolve?.(params, planned, signal)) ?? offered;
  const warnings: string[] = [];
  const atWork = { first: 0, signal, warn: (line: string) => warnings.push(line) };
  const shot = { ...planned, shape: SHAPE, have: give(method.needs(params), made()), atWork };
  const runs = method.runs(shot, params);
  const request: SampleRequest = {
    ...{ runs, predict: formulaNetwork(), prediction: 'epsilon', solver, guidance: 3, seed: 42, signal },
    ...{ branches: [textOf(-0.3), textOf(0.8)], ...(onVisit && { onVisit }) },
  };
  const latents = await sampleRuns(request);
  if (latents.length !== frames) throw broken(`it made ${latents.length} of ${frames} frames`);
  const wrong = latents.findIndex((latent) => !latent.every(Number.isFinite));
  if (wrong >= 0) throw broken(`frame ${wrong} has a number that is none`);
  const warned = warnings.length > 0 ? `; it warns: ${warnings.join(', ')}` : '';
  return { latents, words: `${visitsOf(runs)} calls of the network${warned}` };
}
