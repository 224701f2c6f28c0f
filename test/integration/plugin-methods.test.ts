/** Methods of plugins in processes of their own: rendered, planned, resumed and given up as Retake's own are, and failing alone. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cancelled, errorLine } from '../../src/common/errors.ts';
import type { Mask } from '../../src/common/masks/mask.ts';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { rememberingFacts } from '../../src/main/engine/models/facts.ts';
import { createPlanner, type Planner } from '../../src/main/engine/queue/plan.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { renderFrame } from '../../src/main/engine/render/preview.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { edit, makeWorld, messages, movingClip, reportOf, retake, type World } from '../helpers/cli.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { type RunningHere, runHere, useFolders } from '../helpers/running-plugins.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const fixtures = join(import.meta.dirname, '../fixtures/plugins');
const carryOver = join(fixtures, 'carry-over');
const FRAMES = 4;
const OUTSIDE = 'org.example.carry-over/mix';

let world: World;
let clip: string;
let unruly: string;
let store: ArtefactStore;
let plan: Planner;
let here: RunningHere;

beforeAll(async () => {
  world = await makeWorld();
  clip = await movingClip(join(world.dir, 'clip.mov'), { size: '100x56', frames: FRAMES, sound: false });
  unruly = join(world.dir, 'unruly');
  cpSync(join(fixtures, 'unruly'), unruly, { recursive: true });
  useFolders(world.home, [carryOver, unruly]);
  here = await runHere(world.home, 2000);
  store = new ArtefactStore(join(world.dir, 'cache.sqlite'), {
    limitBytes: 1e9,
    onWarning: expect.unreachable,
  });
  plan = createPlanner({
    ...{ cache: store, store: null, dir: world.dir, isBusy: () => false },
    ...{ probe: rememberingProbe(), facts: rememberingFacts(store.digests) },
  });
});
afterAll(async () => {
  await here.stop();
  store.close();
  world[Symbol.dispose]();
});

const MASK: Mask = {
  ...{ invert: false, grow: 0, feather: 8 },
  parts: [
    {
      ...{ id: 'box', mode: 'add', kind: 'rectangle' },
      keys: [{ frame: 0, x: 10, y: 8, width: 40, height: 36, angle: 0 }],
    },
  ],
};

function settingsOf(
  method: string,
  short: object = {},
  guide: Partial<EditSettings['guide']> = {},
): EditSettings {
  const settings = settingsWith({
    ...{
      clip,
      bundle: world.bundle,
      out: join(world.out, 'take.mov'),
      sourcePrompt: 'a car',
      prompt: 'a swan',
    },
    ...{ steps: 4, refinement: 0, size: 64, provider: 'cpu', method, anchor: 1 },
    ...short,
  });
  return { ...settings, guide: { ...settings.guide, ...guide } };
}

interface Sampling {
  /** Of its checkpoint; one that nothing lies in unless said. */
  readonly dir?: string;
  readonly abort?: AbortController;
  readonly onVisit?: (visits: number) => void;
}

async function sample(settings: EditSettings, { dir = tempFolder(), abort, onVisit }: Sampling = {}) {
  const signal = abort?.signal ?? new AbortController().signal;
  const context = contextWith({ dir, store, signal });
  await using shot = await prepareShot(settings, context, false);
  const made = await derive(shot, context);
  let visits = 0;
  const sampled = await sampleShot(shot, made, {
    ...context,
    async onGlimpse() {
      visits++;
      onVisit?.(visits);
    },
  });
  return { ...sampled, visits, warnings: context.warnings };
}

describe('beside the same method of Retake', () => {
  it.each([
    { kind: 'four frames', short: {}, guide: {} },
    { kind: 'one frame', short: { range: { start: 1, end: 2 } }, guide: {} },
    { kind: 'a square', short: { size: 48, guidance: 1 }, guide: {} },
    { kind: 'a mask and a further anchor', short: { seed: 3 }, guide: { mask: MASK, anchors: [3] } },
  ])('it is planned and makes the same to the bit: $kind', async ({ short, guide }) => {
    const [own, outside] = ['mix', OUTSIDE].map((id) => settingsOf(id, short, guide));
    const planned = await plan(outside!);
    expect(planned).toEqual(await plan(own!));
    const made = await sample(outside!);
    expect(made.latents).toEqual((await sample(own!)).latents);
    expect(made.visits).toBe(planned.samplingCalls);
    expect(made.warnings.filter((line) => !/leads back/.test(line))).toEqual([]);
  });

  it('stopped half way it goes on to the same bits, also in a new process of the plugin', async () => {
    const settings = settingsOf(OUTSIDE);
    const whole = await sample(settings);
    const [dir, abort] = [tempFolder(), new AbortController()];
    const stopped = sample(settings, { dir, abort, onVisit: (visits) => visits === 7 && abort.abort() });
    await expect(stopped).rejects.toBeInstanceOf(Cancelled);
    await here.stop();
    const resumed = await sample(settings, { dir });
    expect(resumed.resumedFrom).not.toBeNull();
    expect(resumed.latents).toEqual(whole.latents);
  });

  it('another version of the plugin finds neither the look nor the checkpoint of the one before', async () => {
    const settings = settingsOf(OUTSIDE, { steps: 3 });
    const look = async () => {
      let visits = 0;
      const context = contextWith({ dir: tempFolder(), store });
      await renderFrame(settings, { ...context, onGlimpse: async () => void visits++ });
      return visits;
    };
    const [dir, abort] = [tempFolder(), new AbortController()];
    const stopped = sample(settings, { dir, abort, onVisit: (visits) => visits === 7 && abort.abort() });
    await expect(stopped).rejects.toBeInstanceOf(Cancelled);
    expect([await look(), await look()]).toEqual([3, 0]);
    const newer = join(tempFolder(), 'newer');
    cpSync(carryOver, newer, { recursive: true });
    const manifest = join(newer, 'retake-plugin.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"1.0.0"', '"1.0.1"'));
    useFolders(world.home, [newer, unruly]);
    await here.plugins.refresh();
    expect(await look()).toBe(3);
    const resumed = await sample(settings, { dir });
    expect(resumed).toMatchObject({ resumedFrom: null, visits: 3 * FRAMES });
    expect(resumed.warnings).toContainEqual(expect.stringMatching(/was left by other settings/));
    useFolders(world.home, [carryOver, unruly]);
    await here.plugins.refresh();
  });
});

describe('a plugin that fails while it renders', () => {
  const wish = (what: string) => writeFileSync(join(unruly, 'wish.txt'), what);
  const UNRULY = 'org.example.unruly/blend';

  it.each([
    ['ends its process', /Unruly 1\.0\.0/],
    ['kills its process', /Unruly 1\.0\.0/],
    ['loops for ever', /Unruly 1\.0\.0/],
    ['never answers', /Unruly 1\.0\.0/],
    ['throws', /Unruly 1\.0\.0.*out of ideas/],
    ['answers with no number', /Unruly 1\.0\.0.*(finite|not a number)/],
    ['answers with another length', /Unruly 1\.0\.0.*7 numbers where there are \d+/],
    ['answers with a text', /Unruly 1\.0\.0/],
  ])('%s: one line names it, and the edit goes on to the same bits once it is mended', async (what, said) => {
    const settings = settingsOf(UNRULY, { steps: 5 });
    rmSync(join(unruly, 'wish.txt'), { force: true });
    const whole = await sample(settings);
    const dir = tempFolder();
    const failed = sample(settings, { dir, onVisit: (visits) => visits === 9 && wish(what) }).catch(
      (error) => error,
    );
    const error = await failed;
    expect(error).toMatchObject({ code: 'plugin-failed' });
    expect(errorLine(error)).toMatch(said);
    expect(errorLine(error)).toMatch(/step 3, frame \d/);
    // Others render meanwhile.
    expect((await sample(settingsOf('mix'))).latents).toHaveLength(FRAMES);
    rmSync(join(unruly, 'wish.txt'));
    const resumed = await sample(settings, { dir });
    expect(resumed.resumedFrom).not.toBeNull();
    expect(resumed.latents).toEqual(whole.latents);
  });

  it('is given up while it does not answer', async () => {
    const abort = new AbortController();
    rmSync(join(unruly, 'wish.txt'), { force: true });
    const given = sample(settingsOf(UNRULY), {
      abort,
      onVisit(visits) {
        if (visits !== 2) return;
        wish('never answers');
        setTimeout(() => abort.abort(), 200);
      },
    });
    await expect(given).rejects.toBeInstanceOf(Cancelled);
    rmSync(join(unruly, 'wish.txt'));
  });
});

it('the command line lists it, renders by it and reports it; without its plugin it says what is missing', async () => {
  const { stdout } = await retake(['methods'], world);
  expect(stdout).toMatch(
    /org\.example\.carry-over\/mix {2}Carry over, outside\n.*\n {4}from Carry over, outside 1\.0\.0/,
  );
  const args = (out: string) =>
    edit(
      world,
      clip,
      join(world.out, out),
      '--steps',
      '2',
      '--size',
      '64',
      '--method',
      OUTSIDE,
      '-p',
      'w=0.3',
    );
  const report = await reportOf(args('outside.mov'), world);
  expect(report.method).toMatchObject({
    id: OUTSIDE,
    params: { w: 0.3, previous: 'after' },
    plugin: {
      id: 'org.example.carry-over',
      version: '1.0.0',
      api: 1,
      name: 'Carry over, outside',
      deterministic: true,
    },
  });
  const refused = await retake(
    args('other.mov').map((one) => (one === 'w=0.3' ? 'w=3' : one)),
    world,
  );
  expect(refused.stderr).toMatch(/"w".*1/);
  useFolders(world.home, [carryOver], false);
  const off = await retake(args('off.mov'), world);
  expect(off.code).not.toBe(0);
  expect(messages(off.stderr).join(' ')).toMatch(
    /the method "org\.example\.carry-over\/mix" comes with the plugin Carry over, outside \(org\.example\.carry-over\), which is switched off/,
  );
  useFolders(world.home, []);
  const gone = await retake(args('gone.mov'), world);
  expect(messages(gone.stderr).join(' ')).toMatch(
    /comes with the plugin org\.example\.carry-over, which is not installed/,
  );
});
