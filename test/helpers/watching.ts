/** What methods have in tests on the smooth network, and who saw whom. */
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import type { Features, Latent, Predict } from '../../src/main/engine/diffusion/types.ts';
import type { Have } from '../../src/main/engine/methods/have.ts';
import { statisticsOf } from '../../src/main/engine/methods/statistics.ts';
import { SHAPE, SIZE, smoothNetwork, text } from './smooth-network.ts';

export const AREA = SHAPE.height * SHAPE.width;

/** Everything a method may ask for, different for every frame. */
export function madeFor(steps: number): Partial<Have> {
  return {
    trajectory: (frame) => Array.from({ length: steps + 1 }, (_, level) => noiseFor(20 + level, frame, SIZE)),
    flow: (from, to) => ({
      x: new Float32Array(AREA).fill((to - from) * 0.4),
      y: noiseFor(3, from + to, AREA),
      hidden: Float32Array.from({ length: AREA }, (_, i) => (i === from % AREA ? 1 : 0)),
      confidence: new Float32Array(AREA).fill(1),
    }),
    mask: (frame) => Float32Array.from({ length: AREA }, (_, i) => (i === frame % AREA ? 0 : 1)),
    nullText: (frame, step) => text(frame / 10 - step / steps),
    sourceText: text(0.1),
    pictures: {
      decode: async (latent) => latent.map((value) => Math.min(1, Math.max(0, value / 4 + 0.5))),
      encode: async (rgb) => new Float32Array(rgb).map((value) => (value / 255 - 0.5) * 4),
    },
    likeness: async (latent, { prompt, style }) => ({
      ...{ prompt: prompt > 0 ? 0.2 : null, style: style > 0 ? 0.3 : null },
      gradient: latent.map((value, i) => prompt * Math.cos(value + i) + style * Math.sin(value - i)),
    }),
    style: statisticsOf([noiseFor(6, 0, SIZE)], SHAPE.channels),
    between: async (_, before, after): Promise<Latent> => before.map((value, i) => (value + after[i]!) / 2),
  };
}

/** Which frame went through, and whose tokens it saw besides its own: `[2, 0, 1]`, with `own` where they took part. */
export type Saw = readonly [frame: number, seen: readonly (number | 'own')[]];

/** Of every frame, by which it is known. */
export const structuresOf = (count: number) => Array.from({ length: count }, (_, i) => noiseFor(10, i, AREA));

/** Frames are known by the structure that comes with them. */
export function watching(structures: readonly Float32Array[]): { predict: Predict; saw: Saw[] } {
  const network = smoothNetwork();
  const makers = new WeakMap<Features, number>();
  const saw: Saw[] = [];
  const predict: Predict = async (inputs, joint = false) => {
    const frames = inputs.map(({ structure }) => structures.indexOf(structure!));
    const answers = await network(inputs, joint);
    for (const [i, { attention }] of inputs.entries()) {
      const bank = (attention?.bank ?? []).map((features) => makers.get(features)!);
      const own = attention ? attention.self : true;
      saw.push([frames[i]!, joint ? frames : [...bank, ...(own ? (['own'] as const) : [])]]);
      const { features } = answers[i]!;
      if (features) makers.set(features, frames[i]!);
    }
    return answers;
  };
  return { predict, saw };
}
