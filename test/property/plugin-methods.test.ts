/** Methods of plugins on the driver: the same bits as Retake's own, from every checkpoint too; and all that cannot be gone on with is named. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/main/engine/diffusion/checkpoint.ts';
import { sampleRuns } from '../../src/main/engine/diffusion/driver.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import { visitsOf } from '../../src/main/engine/diffusion/run.ts';
import type { SampleRequest } from '../../src/main/engine/diffusion/sampling.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import type { Latent } from '../../src/main/engine/diffusion/types.ts';
import { give, type Have } from '../../src/main/engine/methods/have.ts';
import { getMethod, parseParams, solverFor } from '../../src/main/engine/methods/registry.ts';
import type { AtWork, Method } from '../../src/main/engine/methods/types.ts';
import { codeIn, manifestIn, methodOf, type PluginCode } from '../helpers/plugin-module.ts';
import { SD_SCHEDULER, SHAPE, SIZE, smoothNetwork, text } from '../helpers/smooth-network.ts';
import { madeFor } from '../helpers/watching.ts';

const STEPS = 5;
const FIRST = 100;
const folder = join(import.meta.dirname, '../fixtures/plugins/carry-over');
const manifest = manifestIn(folder);
let code: PluginCode;
beforeAll(async () => {
  code = await codeIn(folder);
});

interface Of {
  readonly method: Method;
  readonly params?: object;
  readonly frames: number;
  readonly anchors?: readonly number[];
  readonly atWork?: Partial<AtWork>;
  readonly made?: Partial<Have>;
}

async function requestOf({ method: offered, params: input = {}, frames, ...of }: Of): Promise<SampleRequest> {
  const params = parseParams(offered, input);
  const asked = (await offered.resolve?.(params, null)) ?? offered;
  const solver = solverFor(asked, params, null);
  const anchors = of.anchors ?? [Math.min(1, frames - 1)];
  const planned = {
    ...{ frames, anchors, anchor: anchors[0]!, seed: 42, structured: false, form: solver.form },
    schedule: makeLevels(SD_SCHEDULER, STEPS, { solver }),
  };
  const method = (await offered.resolve?.(params, planned)) ?? offered;
  const latentOf = (frame: number) => noiseFor(9, frame, SIZE);
  const made = { ...madeFor(STEPS), inversion: latentOf, clean: latentOf, ...of.made };
  const atWork = {
    first: FIRST,
    signal: new AbortController().signal,
    warn: expect.unreachable,
    ...of.atWork,
  };
  const shot = { ...planned, shape: SHAPE, have: give(method.needs(params), made), atWork };
  return {
    runs: method.runs(shot, params),
    ...{ predict: smoothNetwork(), prediction: 'epsilon', solver, guidance: 3, seed: 42, firstFrame: FIRST },
    branches: [text(-0.3), text(0.8)],
  };
}

/** The plugin's `mix` with other functions than its own, under a manifest that lets it do more. */
function changed(functions: object, contribution: object = {}): Method {
  const own = manifest.contributes.methods![0]!;
  const more = { ...own, hooks: ['blend', 'gather', 'settle'] as const, attention: 'joint' as const };
  const methods = [{ ...more, ...contribution }] as unknown as NonNullable<
    typeof manifest.contributes.methods
  >;
  const mix = { ...code.methods.mix!, ...functions } as PluginCode['methods'][string];
  return methodOf({ ...manifest, contributes: { methods } }, 'mix', { methods: { mix } });
}

const every = (frames: number) => Array.from({ length: frames }, (_, frame) => frame);
interface Facts {
  readonly frames: number;
  readonly levels: readonly unknown[];
}

describe('the same method, outside', () => {
  it.each([
    { id: 'mix', own: 'mix', params: {}, same: {} },
    { id: 'mix', own: 'mix', params: { w: 0 }, same: { w: 0 } },
    { id: 'mix', own: 'mix', params: { w: 0.3, previous: 'before' }, same: { w: 0.3, previous: 'before' } },
    { id: 'repaint', own: 'sdedit', params: {}, same: {} },
    {
      ...{ id: 'repaint', own: 'sdedit' },
      ...{ params: { strength: 0.9, noise: 'per-frame' }, same: { strength: 0.9, noise: 'per-frame' } },
    },
  ])('makes the bits of $own with $params', async ({ id, own, params, same }) => {
    for (const of of [
      { frames: 1 },
      { frames: 2 },
      { frames: 7, anchors: [3] },
      { frames: 9, anchors: id === 'mix' ? [1, 4, 8] : [4] },
    ]) {
      const outside = await sampleRuns(
        await requestOf({ method: methodOf(manifest, id, code), params, ...of }),
      );
      expect(outside).toEqual(
        await sampleRuns(await requestOf({ method: getMethod(own), params: same, ...of })),
      );
    }
  });

  it('is asked once for the same shot, and anew for another', async () => {
    const runs = vi.fn(code.methods.mix!.runs!);
    const method = changed({ runs });
    for (const frames of [3, 3, 4, 3]) await requestOf({ method, frames });
    await requestOf({ method, frames: 3, params: { w: 0.1 } });
    expect(runs).toHaveBeenCalledTimes(3);
    // It is told the seed only where it needs it.
    expect(runs.mock.calls[0]![0]).toMatchObject({ seed: null, frames: 3 });
  });
});

interface SeenOthers {
  readonly reads: readonly { readonly used: Latent }[];
  readonly recalled: readonly { readonly latent: Latent }[];
}

/** Everything that a plan can ask for, in one method. */
const greedy = {
  needs: () => ['inversion', 'clean', 'trajectory', 'flow', 'mask', 'seed'],
  runs: ({ frames }: Facts) => [
    { frames: every(frames), start: { from: 'inversion' } },
    {
      frames: [...every(frames), frames],
      standsFor: [{ frame: frames, as: 0 }],
      start: { from: 'result', strength: 0.7, noise: 'shared', of: [...every(frames), 0] },
      passes: [
        { frames: [0, frames], keys: 'joint' },
        ...every(frames)
          .slice(1)
          .map((frame) => ({ frames: [frame], keys: [frame - 1, 0], self: true, reads: [frame - 1] })),
      ],
      blend: { steps: [0, 2], shows: ['latent', 'clean', 'inversion', 'trajectory', 'result'] },
      gather: { steps: [1], shows: ['flow', 'mask'] },
      settle: { shows: ['flow', 'mask'] },
      keepsNoise: true,
      recalls: [{ by: 0, step: 0, frame: 0, level: 2 }],
    },
  ],
  blend(
    seen: Record<'denoised' | 'latent' | 'clean' | 'inversion' | 'trajectory' | 'result', Latent> &
      SeenOthers,
  ) {
    const { denoised, latent, clean, inversion, trajectory, result, reads, recalled } = seen;
    const others = [latent, clean, inversion, trajectory, result, ...recalled.map((one) => one.latent)];
    const sum = (i: number) => others.reduce((all, other) => all + other[i]!, 0);
    return denoised.map((value, i) => value + 0.01 * sum(i) + 0.1 * (reads[0]?.used[i] ?? 0));
  },
  gather({
    frames,
  }: {
    frames: { frame: number; denoised: Latent; flow: { to: number; x: Latent }[]; mask: Latent }[];
  }) {
    return frames.slice(1).map(({ frame, denoised, flow, mask }) => ({
      frame,
      denoised: denoised.map(
        (value, i) => value + 0.02 * flow[0]!.x[0]! * mask[i % mask.length]! * flow.length,
      ),
    }));
  },
  settle({ next, flow, mask }: { next: Latent; flow: { to: number; x: Latent }[]; mask: Latent }) {
    return next.map((value, i) => value + 0.01 * (flow[0]?.x[0] ?? 0) * mask[i % mask.length]!);
  },
};

it.each([1, 2, 5])(
  'all that can be asked for goes on from every checkpoint to the same bits: %i frames',
  async (frames) => {
    const request = await requestOf({ method: changed(greedy), frames });
    const kept: { done: number; bytes: Uint8Array }[] = [];
    const whole = await sampleRuns({
      ...request,
      onVisit({ done, checkpoint }) {
        if (checkpoint) kept.push({ done, bytes: encodeCheckpoint(checkpoint()) });
      },
    });
    expect(whole).toHaveLength(frames);
    expect(kept.at(-1)!.done).toBe(visitsOf(request.runs));
    for (const { done, bytes } of kept) {
      const again = await requestOf({ method: changed(greedy), frames });
      expect(await sampleRuns({ ...again, resume: decodeCheckpoint(bytes) }), `after ${done}`).toEqual(whole);
    }
  },
);

describe('before the first frame it is refused by name', () => {
  const run = (more: object) => ({
    runs: ({ frames }: Facts) => [{ frames: every(frames), start: { from: 'inversion' }, ...more }],
  });
  const cases: readonly [string, object, RegExp][] = [
    [
      'frames that there are not',
      run({ frames: [0, 1, 7] }),
      /run 1 has frame 7; the shot has frames 0 to 2/,
    ],
    ['a frame that no run makes', run({ frames: [0, 1] }), /no run makes frame 2/],
    ['frames without end', run({ frames: every(300_000) }), /has frame 3; the shot has frames 0 to 2/],
    [
      'the result of a frame that only stood for another',
      {
        runs: ({ frames }: Facts) => [
          {
            frames: [...every(frames), frames],
            standsFor: [{ frame: frames, as: 0 }],
            start: { from: 'inversion' },
          },
          { frames: [0], start: { from: 'result', strength: 1, noise: 'own', of: [frames] } },
        ],
      },
      /run 2 begins from frame 3, which no run before it makes/,
    ],
    ['a frame twice', run({ frames: [0, 1, 1, 2] }), /has frame 1 twice/],
    ['passes that leave frames out', run({ passes: [{ frames: [0, 1] }] }), /run 1 does not visit frame 2/],
    [
      'passes that visit twice',
      run({ passes: [{ frames: [0, 1, 2] }, { frames: [1] }] }),
      /visits frame 1 twice/,
    ],
    [
      'passes of one step',
      run({ passesByStep: [[{ frames: [0, 1, 2] }]] }),
      /has passes for 1 steps, and takes 5/,
    ],
    [
      'reads in a circle',
      run({ passes: [{ frames: [0], reads: [1] }, { frames: [1], reads: [0] }, { frames: [2] }] }),
      /has frame 0 look at frame 1, which no earlier pass of the step visits/,
    ],
    [
      'a frame that looks at itself',
      run({ passes: [{ frames: [0], keys: [0] }, { frames: [1, 2] }] }),
      /has frame 0 look at frame 0/,
    ],
    [
      'what it did not need',
      { ...run({}), needs: () => [] },
      /begins from what it did not say it needs: "inversion"/,
    ],
    ['what it did not need, in a hook', run({ blend: { shows: ['flow'] } }), /wants "flow" shown in "blend"/],
    ['a hook beyond the steps', run({ settle: { steps: [5] } }), /calls "settle" in step 6, and has 5/],
    [
      'a result that there is not',
      run({ start: { from: 'result', strength: 1, noise: 'own' } }),
      /begins from frame 0, which no run before it makes/,
    ],
    [
      'what no run left',
      run({ recalls: [{ by: 0, step: 0, frame: 0, level: 1 }] }),
      /recalls frame 0, which no run/,
    ],
    [
      'too many visits',
      {
        runs: ({ frames }: Facts) =>
          every(100).map(() => ({ frames: every(frames), start: { from: 'inversion' } })),
      },
      /they visit frames 1500 times, and 240 times is the most/,
    ],
  ];
  it.each(cases)('%s', async (_, functions, said) => {
    const method = changed(functions);
    await expect(requestOf({ method, frames: 3 })).rejects.toMatchObject({
      code: 'plugin-failed',
      message: expect.stringMatching(said),
      hint: expect.stringMatching(/\S/),
    });
    await expect(requestOf({ method, frames: 3 })).rejects.toThrow(/Carry over, outside 1\.0\.0/);
  });

  it('what its manifest does not name', async () => {
    const asked = (functions: object, contribution: object) =>
      requestOf({ method: changed(functions, contribution), frames: 3 });
    await expect(asked(run({ settle: {} }), { hooks: ['blend'] })).rejects.toThrow(
      /calls "settle", which its manifest/,
    );
    const joint = run({ passes: [{ frames: [0, 1, 2], keys: 'joint' }] });
    await expect(asked(joint, { attention: 'banks' })).rejects.toThrow(
      /its manifest says no attention "joint"/,
    );
    const banks = run({ passes: [{ frames: [0] }, { frames: [1, 2], keys: [0] }] });
    await expect(asked(banks, { attention: 'own' })).rejects.toThrow(/its manifest says attention "own"/);
    expect(() => changed({}, { solvers: ['heun'] })).toThrow(/has a method for the solver "heun"/);
  });

  it('runs without number, and whatever else is no answer', async () => {
    const runs = every(1000).map(() => ({ frames: [0], start: { from: 'inversion' } }));
    await expect(requestOf({ method: changed({ runs: () => runs }), frames: 1 })).rejects.toThrow();
    await expect(
      requestOf({ method: changed({ needs: () => ['everything'] }), frames: 1 }),
    ).rejects.toThrow();
  });
});

describe('while it renders', () => {
  const blended = (blend: unknown, more: Partial<Of> = {}) =>
    requestOf({ method: changed({ blend }), frames: 3, ...more });

  it.each([
    [
      'a number that is none',
      ({ denoised }: { denoised: Latent }) => denoised.map((_, i) => (i === 3 ? Number.NaN : 0)),
      /what is not a number at step 1, frame 101/,
    ],
    [
      'infinity',
      ({ denoised }: { denoised: Latent }) => denoised.map(() => Number.POSITIVE_INFINITY),
      /what is not a number at step 1, frame 101/,
    ],
    [
      'another length',
      () => new Float32Array(3),
      /answers with 3 numbers where there are 24 at step 1, frame 101/,
    ],
    [
      'a picture that nobody asked for',
      () => ({ width: 1, height: 1, rgb: new Uint8Array(3) }),
      /did not say that it needs "pictures" at step 1/,
    ],
  ])('%s is named by plugin, step and frame', async (_, blend, said) => {
    await expect(sampleRuns(await blended(blend))).rejects.toMatchObject({
      code: 'plugin-failed',
      message: expect.stringMatching(new RegExp(`^Carry over, outside 1\\.0\\.0 .*${said.source}`)),
    });
  });

  it('frames that were not shown are named', async () => {
    const runs = ({ frames }: Facts) => [
      { frames: every(frames), start: { from: 'inversion' }, gather: { steps: [1] } },
    ];
    const gather = ({ frames: [first] }: { frames: { denoised: Latent }[] }) => [
      { frame: 9, denoised: first!.denoised },
    ];
    const request = await requestOf({ method: changed({ runs, gather }), frames: 3 });
    await expect(sampleRuns(request)).rejects.toThrow(
      /answers of frame 9, which it was not shown.* at step 2/,
    );
  });

  it('what it writes into what it was shown changes nothing', async () => {
    const scribbles = (seen: { denoised: Latent; reads: { used: Latent }[] }) => {
      seen.denoised.fill(7);
      for (const { used } of seen.reads) used.fill(7);
      return null;
    };
    const left = await sampleRuns(await blended(scribbles));
    expect(left).toEqual(await sampleRuns(await blended(() => null)));
  });

  it('given up, it ends in the hook', async () => {
    const abort = new AbortController();
    const cancels = () => abort.abort();
    const request = await blended(cancels, { atWork: { signal: abort.signal } });
    await expect(sampleRuns(request)).rejects.toMatchObject({ name: 'Cancelled' });
  });

  it('a promise of the same that is not kept is told once', async () => {
    const warn = vi.fn();
    let calls = 0;
    const wavers = ({ denoised }: { denoised: Latent }) => denoised.map((value) => value + ++calls / 1e6);
    await sampleRuns(await blended(wavers, { atWork: { warn } }));
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/promises the same from the same and does not keep it \(blend\)/)],
    ]);
  });
});

it('pictures are shown and taken where they are needed', async () => {
  // One pixel of the canvas a latent pixel, three channels of it.
  const pictures: Have['pictures'] = {
    decode: async (latent) => latent.slice(0, 18).map((value) => Math.min(1, Math.max(0, value / 4 + 0.5))),
    encode: async (rgb) =>
      Float32Array.from({ length: SIZE }, (_, i) => (rgb[i % rgb.length]! / 255 - 0.5) * 4),
  };
  const shown: unknown[] = [];
  const method = changed({
    needs: () => ['inversion', 'pictures'],
    runs: ({ frames }: Facts) => [
      { frames: every(frames), start: { from: 'inversion' }, blend: { steps: [4], shows: ['pictures'] } },
    ],
    blend({ picture }: { picture: { width: number; height: number; rgb: Uint8Array } }) {
      shown.push([picture.width, picture.height]);
      return { ...picture, rgb: picture.rgb.map((value) => 255 - value) };
    },
  });
  const inverted = await sampleRuns(await requestOf({ method, frames: 2, made: { pictures } }));
  expect(shown).toEqual(expect.arrayContaining([[3, 2]]));
  expect(inverted).not.toEqual(
    await sampleRuns(await requestOf({ method: changed({ blend: () => null }), frames: 2 })),
  );
});
