/** What spares calls of the network: guidance in a share of the steps. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { makeWorld, movingClip, type World } from '../helpers/cli.ts';
import { type Short, settingsWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { maxDiff } from '../helpers/smooth-network.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const FRAMES = 3;
const STEPS = 4;

let plain: World;
let told: World;
let clip: string;
let store: ArtefactStore;

beforeAll(async () => {
  plain = await makeWorld();
  told = await makeWorld({ told: 16 });
  clip = await movingClip(join(plain.dir, 'clip.mov'), { size: '72x56', frames: FRAMES, sound: false });
  store = new ArtefactStore(join(plain.dir, 'cache.sqlite'), {
    limitBytes: 1e9,
    onWarning: expect.unreachable,
  });
});
afterAll(() => {
  store.close();
  plain[Symbol.dispose]();
  told[Symbol.dispose]();
});

function settingsOf({ bundle, out }: World, more: Short): EditSettings {
  return settingsWith({
    ...{ clip, bundle, out: join(out, 'take.mov'), sourcePrompt: 'a red car', prompt: 'a white swan' },
    ...{ steps: STEPS, refinement: 0, size: 64, provider: 'cpu', method: 'pix2video', ...more },
  });
}

describe('guidance in a share of the steps', () => {
  const guided = (from: number, to: number) => ({ sampling: { guidanceRange: { from, to } } });

  /** Up to the latents, and which branches went through the network by step: what it was told of them, as it was. */
  async function rendered(settings: EditSettings) {
    const context = contextWith({ dir: tempFolder(), store });
    await using shot = await prepareShot(settings, context, false);
    const made = await derive(shot, context);
    const branches: number[][] = [];
    let before = shot.bundle.calls.unetBranches;
    const sampled = await sampleShot(shot, made, {
      ...context,
      async onGlimpse({ step }) {
        const now = shot.bundle.calls.unetBranches;
        branches[step] = [...(branches[step] ?? []), now - before];
        before = now;
      },
    });
    return { ...sampled, branches, warnings: context.warnings };
  }

  it.each(['ddim', 'euler', 'dpmpp_2m'])(
    'asks for one prompt alone in the others, with %s',
    async (solver) => {
      const { branches, unetCalls, unetBranches } = await rendered(
        settingsOf(plain, { solver, ...guided(0.25, 0.75) }),
      );
      expect(branches).toEqual([1, 2, 2, 1].map((each) => Array(FRAMES).fill(each)));
      expect([unetCalls, unetBranches]).toEqual([FRAMES * STEPS, FRAMES * 6]);
    },
  );

  it('holds for both calls of a step that asks twice', async () => {
    const { branches } = await rendered(settingsOf(plain, { solver: 'heun', ...guided(0, 0.5) }));
    // The last step ends at no noise, where the network cannot be asked.
    expect(branches).toEqual(
      [[2, 2], [2, 2], [1, 1], [1]].map((calls) => calls.flatMap((each) => Array(FRAMES).fill(each))),
    );
  });

  it('is guidance 1 where it rests, and the whole where it does not', async () => {
    const whole = await rendered(settingsOf(plain, {}));
    const off = await rendered(settingsOf(plain, { guidance: 1 }));
    const none = await rendered(settingsOf(plain, guided(0.3, 0.45)));
    expect((await rendered(settingsOf(plain, guided(0, 1)))).latents).toEqual(whole.latents);
    expect(none.latents).toEqual(off.latents);
    expect(none.unetBranches).toBe(off.unetBranches);
    expect(none.warnings).toContainEqual(
      'guidance acts nowhere: no whole step lies in 30 to 45 % of the steps',
    );
    const half = await rendered(settingsOf(plain, guided(0, 0.5)));
    for (const other of [whole, off])
      expect(maxDiff(half.latents[0]!, other.latents[0]!)).toBeGreaterThan(1e-3);
  });

  it('keeps both prompts where parts of the clip are kept, and says that it spares nothing', async () => {
    const kept = await rendered(settingsOf(plain, { keep: 0.4, ...guided(0, 0.5) }));
    expect(kept.unetBranches).toBe(2 * kept.unetCalls);
    expect(kept.warnings).toContainEqual(expect.stringMatching(/take as long as the others: what is kept/));
    const whole = await rendered(settingsOf(plain, { keep: 0.4 }));
    expect(maxDiff(kept.latents[0]!, whole.latents[0]!)).toBeGreaterThan(1e-3);
  });

  it('is not read by a network that is told the guidance, which says so', async () => {
    const asked = { solver: 'lcm', method: 'sdedit' };
    const whole = await rendered(settingsOf(told, asked));
    const half = await rendered(settingsOf(told, { ...asked, ...guided(0, 0.5) }));
    expect(half.latents).toEqual(whole.latents);
    expect(half.warnings).toContainEqual(expect.stringMatching(/^the guided steps are not read/));
    expect(whole.warnings.join()).not.toContain('guided steps');
  });
});
