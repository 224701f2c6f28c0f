/** The look of a painted anchor reaches the frames that follow it: they move the way it was moved by the brush. */
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const demo = resolve(import.meta.dirname, '../../resources/demo');
const FIRST = 8;

async function latentsWith(method: string, pictures: EditSettings['guide']['pictures']) {
  const dir = tempFolder();
  const settings = settingsWith({
    ...{ clip: join(demo, 'clip.mp4'), bundle: join(demo, 'bundle'), out: join(dir, 'take.mov') },
    ...{ range: { start: FIRST, end: FIRST + 3 }, anchor: FIRST, size: 64, steps: 4, refinement: 0 },
    ...{ sourcePrompt: 'a red matte ball rolling across a green meadow', guidance: 1.5, provider: 'cpu' },
    ...{ prompt: 'a blue matte ball rolling across a green meadow', method },
  });
  const context = contextWith({ dir });
  await using shot = await prepareShot(
    { ...settings, guide: { ...settings.guide, pictures } },
    context,
    false,
  );
  return (await sampleShot(shot, await derive(shot, context), context)).latents;
}

it.each(['pix2video', 'mix'])('%s', async (method) => {
  const path = join(tempFolder(), 'painted.png');
  const frame = ['-i', join(demo, 'clip.mp4'), '-vf', `select=eq(n\\,${FIRST}),hue=h=120:s=2`];
  await ffmpegDoes(...frame, '-frames:v', '1', path);
  const plain = await latentsWith(method, []);
  const led = await latentsWith(method, [{ frame: FIRST, path, at: 0 }]);
  const moved = led.map((latent, i) => latent.map((value, at) => value - plain[i]![at]!));
  const along = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const [anchor, ...others] = moved as [Float32Array, ...Float32Array[]];
  const shares = others.map((one) => along(one, anchor) / along(anchor, anchor));
  // Of the way that the brush went, each of the others goes a part; by itself none would go anywhere.
  for (const share of shares) expect(share, `${shares}`).toBeGreaterThan(0.1);
});
