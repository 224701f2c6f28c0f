/** What Retake chooses by itself inverts well: the shipped models come back to the shipped clip. */
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { GOOD_INVERSION } from '../../src/common/take-scores.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { poorInversion } from '../../src/main/engine/render/inversion-quality.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { tempFolder } from '../helpers/clips.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';

const demo = resolve(import.meta.dirname, '../../resources/demo');
const folder = tempFolder();

async function invert(bundle: string, frame: number, settings: object) {
  const asked = settingsWith({
    clip: join(demo, 'clip.mp4'),
    bundle: join(demo, bundle),
    out: folder.at('take.mov'),
    sourcePrompt: 'a red matte ball rolling across a green meadow',
    prompt: 'a blue matte ball rolling across a green meadow',
    range: { start: frame, end: frame + 1 },
    anchor: frame,
    provider: 'cpu',
    ...settings,
  });
  const about = contextWith({ dir: folder.at('.') });
  await using shot = await prepareShot(asked, about);
  const { inversion } = await derive(shot, about);
  return { inversion, warnings: about.warnings };
}

test.each(['bundle', 'depth-bundle'])('the defaults reconstruct well with %s', async (bundle) => {
  for (const settings of [{}, { steps: 10 }, { method: 'mix' }, { steps: 15, solver: 'euler' }]) {
    const { inversion, warnings } = await invert(bundle, 30, settings);
    expect(inversion.reconstruction!.minPsnr, JSON.stringify(settings)).toBeGreaterThan(GOOD_INVERSION + 5);
    expect(warnings).toEqual([]);
  }
});

test('a poor inversion warns with what helps', async () => {
  const { inversion, warnings } = await invert('bundle', 30, { steps: 8, refinement: 0 });
  expect(inversion.reconstruction!.minPsnr).toBeLessThan(GOOD_INVERSION);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(
    /leads back to the clip at \d+\.\d dB only.* more steps than 8; “Analysis accuracy” \(refinement\) at 1; a model/,
  );
});

test('what is advised is what is not done already', () => {
  const of = (refinement: number, steps: number) =>
    settingsWith({ clip: 'a', bundle: 'b', out: 'c', sourcePrompt: '', prompt: 'd', refinement, steps });
  const poor = { frames: 1, fromCache: 1, meanPsnr: 9.2, minPsnr: 9.2 };
  expect(poorInversion(poor, of(1, 60))).toMatch(
    /help: “Analysis accuracy” \(refinement\) at 3, or 0; a model/,
  );
  expect(poorInversion(poor, of(5, 20))).toMatch(
    /help: more steps than 20; “Analysis accuracy” \(refinement\) at 1, or/,
  );
  expect(poorInversion({ ...poor, minPsnr: 25 }, of(0, 10))).toBeNull();
  expect(poorInversion(null, of(0, 10))).toBeNull();
});
