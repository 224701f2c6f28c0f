/** Memory of edits that follow the network backwards: foretold, and refused before the first frame where it is not there. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { rememberingFacts } from '../../src/main/engine/models/facts.ts';
import { createPlanner } from '../../src/main/engine/queue/plan.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { movingClip } from '../helpers/cli.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyImageText } from '../helpers/tiny-image-text.ts';

const BUNDLE = resolve(import.meta.dirname, '../../resources/demo/bundle');

describe('an edit that follows the network backwards', () => {
  let clip: string;
  const folder = mkdtempSync(join(tmpdir(), 'retake-test-'));
  beforeAll(async () => {
    clip = await movingClip(join(folder, 'clip.mov'), { frames: 6, sound: false });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  type Asked = Partial<Parameters<typeof settingsWith>[0]>;
  const settings = (asked: Asked): EditSettings =>
    settingsWith({
      ...{ clip, bundle: BUNDLE, out: join(tempFolder(), 'take.mov'), provider: 'cpu', size: 384, steps: 2 },
      ...{ sourcePrompt: 'a ball', prompt: 'a cube', ...asked },
    });
  const parts = { cache: null, store: null, probe: rememberingProbe(), facts: rememberingFacts(undefined) };
  const planner = createPlanner({ ...parts, dir: folder, isBusy: () => true });
  const needed = async (asked: Asked) => (await planner(settings(asked))).memoryBytes!;
  const refusal = (asked: Asked, freeMemory: number) => refusalOf(settings(asked), freeMemory);
  const refusalOf = async (whole: EditSettings, freeMemory: number): Promise<AppError | null> => {
    const context = { ...contextWith({ dir: tempFolder() }), freeMemory };
    try {
      await using _ = await prepareShot(whole, context, false);
      return null;
    } catch (error) {
      if (error instanceof AppError) return error;
      throw error;
    }
  };

  const exact: Asked = { method: 'pix2video', params: { update: 'exact' } };
  const tuned = (together: number): Asked => ({
    method: 'tune-a-video',
    params: { together, learnSteps: 1 },
  });

  it('needs more than one that does not, and is refused with what would fit', async () => {
    const [plain, followed] = [await needed({ method: 'pix2video' }), await needed(exact)];
    expect(followed).toBeGreaterThan(1.2 * plain);
    const free = (plain + followed) / 2;
    const refused = await refusal(exact, free);
    expect(refused).toMatchObject({ code: 'usage', message: /^this edit needs about/ });
    expect(refused!.hint).toContain('-p update=x0');
    expect(await refusal({ method: 'pix2video', params: { update: 'x0' } }, free)).toBeNull();
    const size = Number(/--size (\d+)/.exec(refused!.hint!)![1]);
    expect(await refusal({ ...exact, size }, free)).toBeNull();
  });

  it('needs more for every frame that a step of learning sees, and names fewer of them', async () => {
    const [two, four] = [await needed(tuned(2)), await needed(tuned(4))];
    expect(four).toBeGreaterThan(two);
    const refused = await refusal(tuned(4), (two + four) / 2);
    expect(refused!.hint).toContain('-p together=2');
    expect(await refusal(tuned(2), (two + four) / 2)).toBeNull();
  });

  it('counts the text that is tuned', async () => {
    const plainly = settings({ method: 'img2img' });
    const tuned = { ...plainly, inversion: { ...plainly.inversion, nullText: 'frame' } } as const;
    const [plain, followed] = [await needed({ method: 'img2img' }), (await planner(tuned)).memoryBytes!];
    expect(followed).toBeGreaterThan(1.1 * plain);
  });

  it('counts the decoder and the image-text model that a picture is followed back through', async () => {
    const steerBy = join(folder, 'image-text');
    await writeTinyImageText(steerBy, { tokenizer: join(BUNDLE, 'tokenizer') });
    const steered = (params: Record<string, unknown>, size = 384): EditSettings => {
      const asked = settings({ method: 'guided', params, size });
      return { ...asked, guide: { ...asked.guide, steerBy } };
    };
    const memory = async (one: EditSettings) => (await planner(one)).memoryBytes!;
    const [off, pulled] = [await memory(steered({})), await memory(steered({ prompt: 0.02 }))];
    expect(pulled).toBeGreaterThan(1.2 * off);
    const free = (off + pulled) / 2;
    const refused = await refusalOf(steered({ prompt: 0.02 }), free);
    expect(refused).toMatchObject({ code: 'usage', message: /^this edit needs about/ });
    expect(refused!.hint).toContain('-p prompt=0');
    const size = Number(/--size (\d+)/.exec(refused!.hint!)![1]);
    expect(await refusalOf(steered({ prompt: 0.02 }, size), free)).toBeNull();
    expect(await refusalOf(steered({}), free)).toBeNull();
  });
});
