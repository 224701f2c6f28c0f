/** What settings name on the disk is told by the fields: nothing that looks after files keeps a list of its own. */
import { expect, test } from 'vitest';
import { filesIn, withFiles } from '../../src/common/settings/files.ts';
import { SETTINGS } from '../../src/common/settings/settings.ts';
import { settingsWith } from '../helpers/job-settings.ts';

const stroke = { frame: 0, mode: 'paint', radius: 4, points: [[8, 8]] };
const settings = settingsWith({
  clip: '/clip.mov',
  bundle: '/model',
  out: '/take.mov',
  depth: '/depth.mov',
  prompt: 'a red car',
  sourcePrompt: 'a car',
  model: { embeddings: ['/toy.safetensors'], flow: '/flow', interpolator: '/between' },
});
const mask = SETTINGS.at('guide.mask').schema.parse({
  parts: [
    { id: 'a', kind: 'matte', path: '/matte.####.png' },
    { id: 'b', kind: 'brush', strokes: [stroke] },
    { id: 'c', kind: 'segmenter', model: '/segmenter' },
    { id: 'd', kind: 'segmenter' },
  ],
});
const pictures = [{ frame: 3, path: '/painted.png', at: 0 }];
const whole = {
  ...settings,
  guide: {
    ...settings.guide,
    ...{ pictures, steerBy: '/clip', style: ['/dusk.png'] },
    mask: mask as typeof settings.guide.mask,
  },
};

test('every field that asks for a file says which of its value is one', () => {
  const asks = ['file', 'file-list', 'folder', 'estimator', 'loras', 'model', 'mask', 'pictures', 'controls'];
  const silent = SETTINGS.fields.filter(({ widget, files }) => asks.includes(widget.kind) !== Boolean(files));
  expect(silent.map(({ path }) => path)).toEqual([]);
});

test('all of them are listed, with what they are, and each can be put elsewhere', () => {
  const named = filesIn(whole).map(({ path, use, group, key }) => [path, use, `${group}.${key}`]);
  expect(named).toEqual([
    ['/clip.mov', 'footage', 'source.clip'],
    ['/model', 'network', 'model.bundle'],
    ['/toy.safetensors', 'network', 'model.embeddings'],
    ['/flow', 'network', 'model.flow'],
    ['/between', 'network', 'model.interpolator'],
    ['/matte.####.png', 'footage', 'guide.mask'],
    ['/segmenter', 'network', 'guide.mask'],
    ['/painted.png', 'footage', 'guide.pictures'],
    ['/clip', 'network', 'guide.steerBy'],
    ['/dusk.png', 'footage', 'guide.style'],
    ['/depth.mov', 'footage', 'guide.depth'],
    ['/take.mov', 'written', 'output.path'],
  ]);
  const moved = withFiles(whole, (path) => `/new${path}`);
  expect(filesIn(moved).map(({ path }) => path)).toEqual(named.map(([path]) => `/new${path}`));
  expect(withFiles(moved, (path) => path.slice(4))).toEqual(whole);
  expect(filesIn({ guide: { mask } }).map(({ path }) => path)).toEqual(['/matte.####.png', '/segmenter']);
});
