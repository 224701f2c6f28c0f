/** Tuned empty prompts as a derived thing: found again, and gone on with where they were left, to the same bits. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import type { Tensor } from '../../src/main/engine/artefacts/codecs.ts';
import { kinds } from '../../src/main/engine/artefacts/kinds.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import { dpmpp2m } from '../../src/main/engine/diffusion/solvers/dpmpp-2m.ts';
import type { Derived } from '../../src/main/engine/make/derived.ts';
import type { InversionOf } from '../../src/main/engine/make/inversion.ts';
import { Maker } from '../../src/main/engine/make/maker.ts';
import { type NullTextOf, nullTextOf } from '../../src/main/engine/make/null-text.ts';
import type { ShotOf } from '../../src/main/engine/make/shot.ts';
import type { PromptReading } from '../../src/main/engine/models/prompt/reader.ts';
import { settings } from '../helpers/job-settings.ts';
import { SD_SCHEDULER, SHAPE, SIZE, smoothNetwork, smoothRecord, text } from '../helpers/smooth-network.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const STEPS = 5;
const INNER = 4;

function shotWith(solver = ddim, guidance = 6): ShotOf {
  const schedule = makeLevels(SD_SCHEDULER, STEPS, { solver });
  const values: Record<string, number> = { source: 0.3, empty: 0.9 };
  return {
    ...{ solver, schedule, scheduleId: 'bundle', shape: SHAPE, provider: 'cpu', encodesInTiles: false },
    settings: { ...settings, sampling: { ...settings.sampling, steps: STEPS, guidance } },
    clip: { path: 'clip.mov' },
    fit: { width: 24, height: 16 },
    model: { name: 'smooth', scheduler: SD_SCHEDULER },
    networks: () => ({
      predict: smoothNetwork(),
      record: () => smoothRecord(),
      text: ({ name }: PromptReading) => text(values[name]!),
      bundle: { decode: async (latent: Float32Array) => latent },
    }),
  } as unknown as ShotOf;
}

/** A way that no network made. */
function wayOf(frame: number, key = `way ${frame}`): Derived<Tensor> {
  const levels = Array.from({ length: STEPS + 1 }, (_, level) => noiseFor(level, frame, SIZE));
  const data = Float32Array.from(levels.flatMap((latent) => [...latent]));
  const shape = [STEPS + 1, SHAPE.channels, SHAPE.height, SHAPE.width];
  const names = { name: 'a way', clip: 'clip.mov', bundle: 'smooth', prompt: '', settings: '' };
  return {
    kind: kinds.trajectory,
    key,
    names,
    calls: {},
    needs: [],
    make: async () => ({ value: { shape, data } }),
  };
}

function asked(frames: number, more: Partial<NullTextOf> = {}): NullTextOf {
  const reading = (name: string) => ({ prompt: name, name, digest: null }) as PromptReading;
  return {
    led: Array.from({ length: frames }, (_, frame) => ({
      of: {
        frame: { index: frame },
        structure: null,
        surroundings: null,
        checked: frame === 0,
      } as InversionOf,
      trajectory: wayOf(frame),
    })),
    ...{ source: reading('source'), empty: reading('empty'), inner: INNER, checked: 0 },
    ...more,
  };
}

function trial() {
  const store = new ArtefactStore(join(tempFolder(), 'cache.sqlite'), {
    limitBytes: 1e9,
    onWarning: () => {},
  });
  const kept = () => store.ls().flatMap((group) => (group.kind === 'null-text' ? [group] : []));
  /** Given up after so many network calls. */
  const make = async (thing: Derived<Tensor>, most = Number.POSITIVE_INFINITY) => {
    const stop = new AbortController();
    let calls = 0;
    const maker = new Maker({
      ...{ store, signal: stop.signal },
      onCall: () => {
        if (++calls >= most) stop.abort();
      },
    });
    return { had: await maker.have(thing).catch((error: unknown) => error), calls: maker.tally.counts.calls };
  };
  return { store, make, kept };
}

it.each([ddim, dpmpp2m])('goes on where it was given up, with $label, to the same bits', async (solver) => {
  const shot = shotWith(solver);
  const whole = await trial().make(nullTextOf(shot, asked(2)));
  expect(whole.had).toMatchObject({ made: true, value: { shape: [STEPS, 1, 1] } });
  const all = whole.calls.nullText + whole.calls.nullTextBack;
  const { make, kept } = trial();
  let again = 0;
  // Within the third step, then within the fifth.
  for (const most of [Math.round(all * 0.45), Math.round(all * 0.4)]) {
    const stopped = await make(nullTextOf(shot, asked(2)), most);
    expect(stopped.had).toBeInstanceOf(Cancelled);
    again += stopped.calls.nullText + stopped.calls.nullTextBack;
  }
  const rest = await make(nullTextOf(shot, asked(2)));
  expect(rest.had).toEqual(whole.had);
  // No more than the steps in which it was given up were taken twice.
  expect(again + rest.calls.nullText + rest.calls.nullTextBack).toBeLessThan(all * 1.4);
  expect(kept().reduce((sum, { items }) => sum + items, 0)).toBe(1);
});

it('is another one of whatever changes it, and the same for one frame by itself', () => {
  const key = (of: NullTextOf, shot = shotWith()) => nullTextOf(shot, of).key;
  const keys = [
    key(asked(1)),
    key(asked(2)),
    key(asked(1), shotWith(dpmpp2m)),
    key(asked(1), shotWith(ddim, 7)),
    key(asked(1, { inner: INNER + 1 })),
    key(asked(1, { inner: 0 })),
    key(asked(1, { empty: asked(1).source })),
    key(asked(1, { led: [{ ...asked(1).led[0]!, trajectory: wayOf(0, 'another way') }] })),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(
    key(asked(1, { led: [{ ...asked(1).led[0]!, trajectory: { ...wayOf(0), key: null } }] })),
  ).toBeNull();
});

it('tells how the source prompt leads back with it and without, and keeps no text of the latter', async () => {
  const { make } = trial();
  const tuned = (await make(nullTextOf(shotWith(), asked(1)))).had as { psnr: number };
  const plain = (await make(nullTextOf(shotWith(), asked(1, { inner: 0 })))).had as { psnr: number };
  expect(plain).toMatchObject({ value: { shape: [0, 1, 1] } });
  expect(tuned.psnr).toBeGreaterThan(plain.psnr);
  const unchecked = await make(nullTextOf(shotWith(ddim, 8), asked(1, { checked: null })));
  expect(unchecked.had).toMatchObject({ psnr: null });
});
