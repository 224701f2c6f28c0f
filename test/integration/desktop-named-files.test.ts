/** Files that a shot names beside its clip, on the desktop: nothing on a server that is new here is looked at for them. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Mask, NEW_MASK } from '../../src/common/masks/mask.ts';
import { startDesk } from '../helpers/desk.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

test('a mask with a matte or a network on a server that is new here is neither shown, planned nor rendered', async () => {
  const folder = tempFolder();
  const desk = startDesk(join(folder, 'data'));
  const { call } = desk;
  try {
    const { id: project } = await call['project.create']({ path: join(folder, 'p.retake'), name: 'p' });
    const clip = await clipRefOf(join(folder, 'a.mov'));
    const [shot] = withClip(clip).timeline;
    if (shot?.kind !== 'shot') throw new Error('the first one is a shot');
    const parts: Mask['parts'] = [
      { id: 'a', mode: 'add', kind: 'matte', path: '//server/share/m.mov', channel: 'luma', offset: 0 },
      { id: 'b', mode: 'add', kind: 'segmenter', model: '//server/share/network' },
    ];
    const refused = { code: 'clip-unreadable', message: 'it is on the network, in //server/share' };
    for (const part of parts) {
      const mask = { ...NEW_MASK, parts: [part] };
      const { settings } = shot;
      const masked = { ...shot, settings: { ...settings, guide: { ...settings.guide, mask } } };
      const model = { bundle: join(folder, 'model'), provider: 'cpu' as const };
      const shown = { clip, mask, frame: 0, bundle: null, size: 64, flow: null };
      await expect(call['clip.mask'](shown)).rejects.toMatchObject(refused);
      await expect(call['render.plan']({ shot: masked, clip, ...model })).rejects.toMatchObject(refused);
      const more = { project, takesFolder: desk.takes, preview: false, ...model };
      const shots = [{ shot: masked, clip }];
      await expect(call['queue.add']({ shots, ...more })).rejects.toMatchObject(refused);
    }
  } finally {
    await desk.stop();
  }
});
