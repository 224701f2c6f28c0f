/** Settings that come with a model: what they may say, what they give way to, and what a bad file does. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import type { LibraryEntry } from '../../src/common/contract/library.ts';
import {
  askedSettings,
  type ModelSettings,
  parseModelSettings,
} from '../../src/common/settings/model-settings.ts';
import {
  complete,
  completeSettings,
  readModelSettings,
} from '../../src/main/engine/recipe/model-settings.ts';
import { settingsFor } from '../../src/renderer/store/library.ts';
import { tempFolder } from '../helpers/clips.ts';
import { inGroups, settingsWith } from '../helpers/job-settings.ts';

const folder = tempFolder();
let made = 0;

function modelWith(text: string | null): string {
  const dir = folder.at(`model-${made++}`);
  mkdirSync(dir);
  if (text !== null) writeFileSync(join(dir, 'retake.json'), text);
  return dir;
}

const prompts = { sourcePrompt: 'a car', prompt: 'a swan' };
const asked = (settings: object, bundle = 'model') =>
  askedSettings.parse(inGroups({ clip: 'a.mov', bundle, out: 'b.mov', ...prompts, ...settings }));

test('a model names no files: its settings may come from anybody', () => {
  const read = parseModelSettings({ model: { loras: [{ path: '//server/look.safetensors', strength: 1 }] } });
  expect(read.values).toEqual({});
  expect(read.problems).toEqual(['"model.loras" is no setting that a model can give']);
});

describe('a request that leaves things open', () => {
  it('takes the model’s settings, then Retake’s, and says which is whose', () => {
    const done = complete(asked({ steps: 10 }), { sampling: { steps: 25, guidance: 1.5 } });
    expect(done).toMatchObject(inGroups({ steps: 10, guidance: 1.5, keep: 0, method: 'pix2video' }));
    expect(done.origins).toMatchObject({
      'sampling.steps': 'asked',
      'sampling.guidance': 'model',
      'guide.keep': 'retake',
      'method.id': 'retake',
    });
  });

  it('without a model’s settings is what it always was', () => {
    const { origins, ...settings } = complete(asked({}), {});
    const { origins: _, ...plain } = settingsWith({
      clip: 'a.mov',
      bundle: 'model',
      out: 'b.mov',
      ...prompts,
    });
    expect(settings).toEqual(plain);
    expect(new Set(Object.values(origins))).toEqual(new Set(['retake']));
  });

  it('for another method leaves out what was chosen for the model’s', () => {
    const suitable = inGroups<ModelSettings>({
      method: 'mix',
      params: { w: 0.3 },
      solver: 'euler',
      steps: 30,
    });
    expect(complete(asked({}), suitable)).toMatchObject(suitable);
    const other = complete(asked({ method: 'sdedit' }), suitable);
    expect(other).toMatchObject(inGroups({ method: 'sdedit', params: {}, solver: null, steps: 30 }));
  });
});

test('every setting a model may give is one of a shot, so that new shots can start with it', () => {
  const model = {
    path: '/m',
    isDefault: true,
    settings: { sampling: { steps: 9, guidance: 2 } },
  } as unknown as LibraryEntry;
  expect(settingsFor([model], null)).toMatchObject(inGroups({ steps: 9, guidance: 2, refinement: 1 }));
  expect(settingsFor([model], '/gone')).toMatchObject({ sampling: { steps: 50 } });
});

describe('the file', () => {
  it.each<[string, string, object, RegExp[]]>([
    ['is not there', '', {}, []],
    [
      'has good and bad settings',
      '{"sampling": {"steps": 30, "guidance": "much"}, "guide": {"keep": 2}}',
      { sampling: { steps: 30 } },
      [/"sampling.guidance" must be a number; not used/, /"guide.keep" must be 1 or less/],
    ],
    [
      'is from before settings had groups',
      '{"method": "mix", "params": {"w": 0.4}, "steps": 30, "inversion": "lower", "keep": 2}',
      {
        method: { id: 'mix', params: { w: 0.4 } },
        sampling: { steps: 30 },
        inversion: { mode: 'lower' },
      },
      [/"guide.keep" must be 1 or less/],
    ],
    [
      'knows more than this Retake',
      '{"sampling": {"sharpness": 3, "steps": 7}, "colour": {"warm": 1}}',
      { sampling: { steps: 7 } },
      [/"sampling.sharpness" is no setting/, /"colour" is no setting/],
    ],
    [
      'would choose files',
      '{"output": {"path": "/etc/passwd"}, "source": {"clip": "x"}, "guide": {"depth": "y"}}',
      {},
      [/"output" is no/, /"source" is no/, /"guide.depth" is no/],
    ],
    [
      'hides in the prototype',
      '{"__proto__": {"steps": 1}, "constructor": {"prototype": {"steps": 1}}}',
      {},
      [/"__proto__"/, /"constructor"/],
    ],
    ['is no JSON', '{steps: 3}', {}, [/no valid JSON/]],
    ['is a list', '[1, 2]', {}, [/no list of settings by name/]],
    ['is endless', `{"steps": 3, "x": "${'a'.repeat(1_100_000)}"}`, {}, [/file is larger than 1 MB/]],
    [
      'names a method that is not there',
      '{"method": {"id": "magic"}, "sampling": {"steps": 8}}',
      { sampling: { steps: 8 } },
      [/no method "magic"/],
    ],
    [
      'has parameters of another method',
      '{"method": {"id": "mix", "params": {"weight": 3}}}',
      {},
      [/its method/],
    ],
    [
      'has parameters without a method',
      '{"method": {"params": {"w": 3}}}',
      {},
      [/need the "id" of a method/],
    ],
    [
      'has a solver its method cannot',
      '{"method": {"id": "mix"}, "sampling": {"solver": "ddim"}}',
      {},
      [/does not run with/],
    ],
  ])('%s', async (_, text, values, lines) => {
    const dir = modelWith(text === '' ? null : text);
    const read = await readModelSettings(dir);
    expect(read.values).toEqual(values);
    expect(read.problems).toEqual(lines.map((line) => expect.stringMatching(line)));
    for (const line of read.problems) expect(line).toMatch(/^retake\.json of the model/);
    // Whatever it says, the request can be completed.
    expect((await completeSettings(asked({}, dir))).prompts.target).toBe('a swan');
  });

  it('is not waited for where it is no file', async () => {
    const dir = modelWith(null);
    mkdirSync(join(dir, 'retake.json'));
    expect((await readModelSettings(dir)).problems).toEqual([
      expect.stringContaining('a folder is where the file should be'),
    ]);
    const piped = modelWith(null);
    if (process.platform === 'win32') return;
    execFileSync('mkfifo', [join(piped, 'retake.json')]);
    expect((await readModelSettings(piped)).problems).toEqual([
      expect.stringContaining('no file but a pipe'),
    ]);
  });
});

describe('what is shipped', () => {
  const demo = resolve(import.meta.dirname, '../../resources/demo');
  it.each(['bundle', 'depth-bundle'])('%s brings settings that are used whole', async (name) => {
    const { values, problems } = await readModelSettings(join(demo, name));
    expect(problems).toEqual([]);
    expect(values).toMatchObject(inGroups({ method: 'pix2video', guidance: 1.5, refinement: 1 }));
  });

  it('the example says only what differs from its model', () => {
    const { settings, edits, range } = JSON.parse(readFileSync(join(demo, 'demo.json'), 'utf8'));
    for (const edit of edits) {
      for (const { prompts: _, ...own } of [settings, edit.settings])
        expect(parseModelSettings(own).problems).toEqual([]);
      expect(edit.settings.prompts.target).toBeTruthy();
    }
    expect(range.end).toBeGreaterThan(range.start);
  });
});
