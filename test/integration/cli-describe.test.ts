/** `retake describe`, with a captioner that a plugin brings. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { retake } from '../helpers/cli.ts';
import { ffmpegDoes, tempFolder } from '../helpers/clips.ts';
import { installNetworks, switchOn } from '../helpers/network-plugin.ts';
import { writeTinyCaptioner } from '../helpers/tiny-captioner.ts';

test('a frame is described by the captioner of a plugin, or by one that is named', async () => {
  using folder = tempFolder();
  const world = { home: folder.at('home') };
  const clip = folder.at('clip.mov');
  const colours = ['red', 'lime'].flatMap((name) => [
    '-f',
    'lavfi',
    '-i',
    `color=${name}:s=64x48:r=12:d=0.25`,
  ]);
  await ffmpegDoes(...colours, '-filter_complex', 'concat=n=2', '-c:v', 'qtrle', clip);

  const none = await retake(['describe', clip], world);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain(
    'that wants a captioner. Install a plugin with a captioner, or add its folder',
  );
  const own = writeTinyCaptioner(folder.at('own'), { layout: 'past' });
  const named = await retake(['describe', clip, '--frame', '4', '--captioner', own, '--json'], world);
  expect(JSON.parse(named.stdout)).toEqual({ text: 'a green picture', cut: false, captioner: 'own' });

  const estimators = [{ id: 'words', label: 'Few words', role: 'captioner' as const, folder: 'words' }];
  const dir = installNetworks(world.home, {
    id: 'org.example.words',
    name: 'Words',
    contributes: { estimators },
  });
  writeTinyCaptioner(join(dir, 'words'));
  expect((await retake(['describe', clip], world)).stdout).toBe('a red picture\n');
  const list = await retake(['library', 'list', '--kind', 'estimator'], world);
  expect(list.stdout).toMatch(/estimator +Few words +a captioner/);
  switchOn(world.home, 'org.example.words', false);
  const off = await retake(['describe', clip, '--captioner', join(dir, 'words')], world);
  expect(off.stderr).toContain('it comes with the plugin Words (org.example.words), which is switched off');
});
