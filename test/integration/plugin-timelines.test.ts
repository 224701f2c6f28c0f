/** Exporters, importers and name words of plugins on the road of Retake's own: what they write, and what they cannot spoil. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Delivered, DeliveryRequest } from '../../src/common/contract/delivery.ts';
import { AppError, Cancelled, errorLine } from '../../src/common/errors.ts';
import type { Cut } from '../../src/common/interchange/cut.ts';
import { readerOf } from '../../src/common/interchange/read.ts';
import { timelineFormat, timelineFormats } from '../../src/common/interchange/registry.ts';
import type { PluginHandle } from '../../src/common/plugins/handle.ts';
import { cutOfTimeline, timelineOf } from '../../src/common/plugins/timeline-v1-cut.ts';
import type { ProjectDocument } from '../../src/common/project/document.ts';
import { rational } from '../../src/common/time/rational.ts';
import { deliver, foresee } from '../../src/main/engine/delivery/delivery.ts';
import { importTimeline } from '../../src/main/engine/interchange/import.ts';
import { timelineContributor } from '../../src/main/engine/interchange/of-plugins.ts';
import { timelineWays } from '../../src/main/engine/interchange/ways.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import type { InstalledPlugin } from '../../src/main/engine/plugins/installed.ts';
import { OFFERED } from '../../src/main/engine/plugins/offered.ts';
import { Plugins } from '../../src/main/engine/plugins/plugins.ts';
import { pluginProcess } from '../../src/main/engine/plugins/process/plugin-process.ts';
import { openScriptPlugin } from '../../src/main/engine/plugins/script/script-plugin.ts';
import { createProject } from '../../src/main/engine/project/file.ts';
import { makeWorld, movingClip, retake, type World } from '../helpers/cli.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import { cuts, seenIn } from '../helpers/cuts.ts';
import { manifestWith } from '../helpers/plugin.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';

const EXAMPLES = resolve(import.meta.dirname, '../../examples/plugins');
const SHOTS = 'org.example.shot-list/csv';
const ALE = 'org.example.ale/ale';
const BAD = 'org.example.bad/x';
const probe = rememberingProbe();
const RATE = rational(12);

let world: World;
let plugins: Plugins;
let clip: string;
let take: string;
let document: ProjectDocument;
const opened = new Map<string, Promise<PluginHandle>>();

let used: readonly string[] = [];
/** Run where they lie, as what is being made does; others are there no more. */
async function use(folders: Readonly<Record<string, string>>): Promise<void> {
  const wanted = Object.values(folders);
  for (const folder of used) if (!wanted.includes(folder)) await plugins.develop(folder, false);
  for (const folder of wanted) if (!used.includes(folder)) await plugins.develop(folder, true);
  used = wanted;
}

const EXAMPLE_FOLDERS = {
  'org.example.shot-list': join(EXAMPLES, 'shot-list-csv'),
  'org.example.ale': join(EXAMPLES, 'ale'),
};

const DEADLINE_MS = 1500;
const opening = async (plugin: InstalledPlugin): Promise<PluginHandle> =>
  plugin.manifest.tier === 'process'
    ? pluginProcess(plugin, { offered: OFFERED, limits: { callMs: DEADLINE_MS } })
    : openScriptPlugin(plugin, { limits: { deadlineMs: DEADLINE_MS } });

let made = 0;
/** A plugin whose exporter does just this, beside the good ones. */
async function useBad(body: string): Promise<void> {
  const dir = join(world.dir, `bad-${++made}`);
  mkdirSync(dir);
  const contributes = { exporters: [{ id: 'x', label: 'Bad', programs: 'nothing', ending: '.bad' }] };
  writeFileSync(
    join(dir, 'retake-plugin.json'),
    JSON.stringify(manifestWith({ id: 'org.example.bad', name: 'Bad', contributes })),
  );
  writeFileSync(
    join(dir, 'index.js'),
    `export default { exporters: { x: { write(timeline) { ${body} } } } };`,
  );
  await use({ ...EXAMPLE_FOLDERS, 'org.example.bad': dir });
}

beforeAll(async () => {
  world = await makeWorld();
  const known = new Map<string, InstalledPlugin>();
  const handle = (id: string) => {
    const open = opened.get(id) ?? opening(known.get(id)!);
    opened.set(id, open);
    return open;
  };
  plugins = new Plugins({
    dir: join(world.home, 'plugins'),
    contributors: [
      {
        contribute: (plugin) => void known.set(plugin.facts.id, plugin),
        withdraw: async (id) => {
          await (await opened.get(id))?.stop();
          opened.delete(id);
        },
      },
      timelineContributor(handle),
    ],
  });
  clip = await movingClip(join(world.dir, 'clip.mov'), { frames: 24 });
  take = join(world.dir, 'Shot 1 1.mov');
  await ffmpegDoes(
    '-i',
    clip,
    '-vf',
    'trim=start_frame=4:end_frame=16,setpts=PTS-STARTPTS,fps=12',
    '-c:v',
    'ffv1',
    take,
  );
  const ref = await clipRefOf(clip, { rate: RATE, frames: 24, width: 64, height: 48, hasAudio: true });
  const base = withClip(ref, take);
  const [shot] = base.timeline;
  if (shot?.kind !== 'shot') throw new Error('no shot');
  const of = base.takes['take-1']!;
  const prompts = {
    ...of.settings.prompts,
    source: 'Shows a "calm", wide',
    target: '=HYPERLINK("x")\nat sea, at night',
  };
  document = {
    ...base,
    name: 'Sea',
    timeline: [
      { ...shot, start: 4, end: 16, anchors: [4], leadAnchor: 4 },
      { kind: 'gap', id: 'gap', frames: 3 },
      {
        ...shot,
        ...{ id: 'shot-2', name: '-2', start: 20, end: 24, anchors: [20], leadAnchor: 20, takeId: null },
      },
    ],
    takes: { 'take-1': { ...of, start: 4, end: 16, note: 'the one', settings: { ...of.settings, prompts } } },
    markers: [{ id: 'm', frame: 2, name: 'here', note: '', colour: 'red' }],
  };
  await use(EXAMPLE_FOLDERS);
});

afterAll(async () => {
  await use({});
  plugins.stop();
  world[Symbol.dispose]();
});

const request = (formats: readonly string[], more: Partial<DeliveryRequest> = {}): DeliveryRequest => ({
  ...{ project: 'p', document, folder: join(world.dir, `out ${++made}`), startTimecode: null },
  what: { kind: 'timeline', range: null },
  media: { as: 'copy' },
  names: null,
  timelines: { formats: [...formats], takes: 'all', fcpxml: '1.10' },
  ...{ resolve: false, credentials: 'none' },
  ...more,
});
const sent = (asked: DeliveryRequest): Promise<Delivered> => deliver(asked, { probe });
const textIn = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');
const refusal = async (work: Promise<unknown>): Promise<AppError> => {
  const error = await work.then(
    () => null,
    (one: unknown) => one,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
};

describe('a plugin that exports', () => {
  it('is among the formats, with its name and what it asks for', () => {
    const { formats, words } = timelineWays();
    expect(formats.find(({ id }) => id === SHOTS)).toMatchObject({
      ...{ label: 'Shot list', ending: ' shots.csv' },
      plugin: { id: 'org.example.shot-list', name: 'Shot list (CSV)' },
      params: { properties: { separator: { default: 'comma' } } },
    });
    expect(formats.find(({ id }) => id === 'edl')?.plugin).toBeNull();
    expect(words.at(-1)?.id).toBe('org.example.shot-list/prompt');
  });

  it('writes its file beside media and the timelines of Retake, and the folder says what it is', async () => {
    const { folder, timelines, failed } = await sent(request(['edl', SHOTS]));
    expect(failed).toEqual([]);
    expect(timelines.map(({ format, path }) => [format, path])).toEqual([
      ['edl', join(folder, 'Sea.edl')],
      [SHOTS, join(folder, 'Sea shots.csv')],
    ]);
    expect(timelines[1]!.losses).toEqual(['markers have no place in a shot list']);
    const text = textIn(folder, 'Sea shots.csv');
    expect(text).toBe(
      `\uFEFF${[
        'No.,Shot,Timeline in,Timeline out,Frames,Seconds,Shown,Picture,File,Reel,Source in,Source out,Shows,Shall show,Not,Note,Rating,Method,Model,Made',
        `1,Shot 1,01:00:00:00,01:00:01:00,12,1.000,yes,Take 1,Shot 1 1.mov,,00:00:00:00,00:00:01:00,"Shows a ""calm"", wide","'=HYPERLINK(""x"")\nat sea, at night",,the one,3,${document.takes['take-1']!.settings.method.id},tiny,1970-01-01T00:00:00.001Z`,
        "2,'-2,01:00:01:03,01:00:01:07,4,0.333,yes,a clip,clip.mov,,00:00:01:08,00:00:02:00,a car,a red car,,,,,,",
      ].join('\r\n')}\r\n`,
    );
    expect(textIn(folder, 'README.txt')).toContain(
      'Sea shots.csv\n  for Excel, Numbers, Google Sheets\n  not kept: markers',
    );
  });

  it('is told its parameters, which are checked before anything is made', async () => {
    const asked = (values: Record<string, string | boolean>) => ({
      timelines: {
        formats: [SHOTS],
        takes: 'all' as const,
        fcpxml: '1.10' as const,
        params: { [SHOTS]: values },
      },
    });
    const { folder } = await sent(request([], asked({ separator: 'semicolon', allTakes: true })));
    expect(textIn(folder, 'Sea shots.csv')).toContain('No.;Shot;');
    const wrong = request([], asked({ separator: 'dash' }));
    expect((await refusal(foresee(wrong, { probe }))).message).toContain(`${SHOTS}: separator must be comma`);
    expect((await refusal(sent(wrong))).code).toBe('usage');
    expect(existsSync(wrong.folder)).toBe(false);
  });

  it('is not asked while an export is foreseen', async () => {
    await useBad('throw new Error("asked")');
    await expect(foresee(request(['edl', BAD]), { probe })).resolves.toMatchObject({ files: [{}, {}] });
  });

  it('that is not there, or off for this project, is named before anything is made', async () => {
    const missing = request(['org.example.gone/edl']);
    const error = await refusal(foresee(missing, { probe }));
    expect(error).toMatchObject({ code: 'plugin-missing', doing: 'exporting timelines' });
    expect(error.message).toContain('the plugin org.example.gone, which is not there or not on');
    const off = request([SHOTS], { document: { ...document, plugins: { 'org.example.shot-list': false } } });
    expect((await refusal(sent(off))).message).toContain('switched off for this project');
    expect(existsSync(off.folder)).toBe(false);
  });
});

const file = (path: string, text = '""') =>
  `return { files: [{ path: ${JSON.stringify(path)}, text: ${text} }] };`;

describe('a plugin that does harm', () => {
  it.each([
    ['throws', 'throw new Error("no reel");', 'Bad 1.0.0: no reel (index.js:1:'],
    ['loops for ever', 'for (;;);', 'took too long'],
    ['answers nonsense', 'return 7;', 'it answered nonsense'],
    ['leads out of the folder', file('../outside.txt'), 'no name inside the exported folder'],
    ['leads out by an absolute path', file('/elsewhere/outside.txt'), 'no name inside'],
    ['leads out by a drive', file('C:\\\\outside.txt'), 'no name inside'],
    ['names a device', file('nul.txt'), 'no name inside'],
    ['hides its file', file('.hidden'), 'no name inside'],
    ['digs deep', file(Array.from({ length: 20 }, (_, i) => `d${i}`).join('/')), 'no name inside'],
    ['writes over a timeline', file('sea.EDL'), 'where something else lies already'],
    ['writes over what Retake writes last', file('readme.TXT'), 'where something else lies already'],
    ['writes over media', file('media/clip.mov'), 'where something else lies already'],
    ['puts files among media', file('media/more.txt'), 'where something else lies already'],
    [
      'gives a file twice',
      'return { files: [{ path: "a", text: "" }, { path: "A", text: "" }] };',
      'already',
    ],
    [
      'gives a folder and a file of one name',
      'return { files: [{ path: "a/b", text: "" }, { path: "a", text: "" }] };',
      'already',
    ],
    [
      'begins well and ends badly',
      'return { files: [{ path: "good.txt", text: "" }, { path: "../bad", text: "" }] };',
      'no name',
    ],
  ])('and %s spoils nothing else', async (_what, body, line) => {
    await useBad(body);
    const { folder, timelines, files, failed } = await sent(request([BAD, 'edl', SHOTS]));
    expect(failed).toEqual([expect.objectContaining({ format: BAD, line: expect.stringContaining(line) })]);
    expect(timelines.map(({ format }) => format)).toEqual(['edl', SHOTS]);
    expect(files).toHaveLength(2);
    expect(readdirSync(folder).sort()).toEqual(['README.txt', 'Sea shots.csv', 'Sea.edl', 'media']);
    expect(readdirSync(join(folder, 'media')).sort()).toEqual(['Shot 1 1.mov', 'clip.mov']);
    expect(readFileSync(join(folder, 'media', 'clip.mov')).equals(readFileSync(clip))).toBe(true);
    expect(textIn(folder, 'README.txt')).toContain('not written: for nothing');
    expect(existsSync(join(world.dir, 'outside.txt'))).toBe(false);
  });

  it('where nothing else was asked for, there is no folder', async () => {
    await useBad('throw new Error("no reel");');
    const asked = request([BAD], { media: { as: 'link' } });
    expect((await refusal(sent(asked))).message).toContain('no reel');
    expect(existsSync(asked.folder)).toBe(false);
  });

  it('does not come into a registry under the name of another', async () => {
    await use(EXAMPLE_FOLDERS);
    const [edl] = timelineFormats.list.filter(({ id }) => id === 'edl');
    const facts = { id: 'retake.interchange', version: '0.1.0', api: 1, name: 'Timelines of Retake' };
    expect(() => timelineFormats.contribute(facts, { ...edl!, id: 'mine' })).toThrow(AppError);
    expect(() => timelineFormats.contribute({ ...facts, id: 'org.example.bad' }, edl!)).toThrow(AppError);
  });
});

describe('a plugin in a process of its own', () => {
  const of = (id: string) => `org.example.own/${id}`;
  const importing = (path: string) =>
    importTimeline(
      { path, footage: null, rate: RATE },
      { probe, allows: async () => true, isTake: async () => false },
    );
  beforeAll(async () => {
    const dir = join(world.dir, 'own');
    mkdirSync(dir);
    const ids = ['whole', 'fails', 'hangs', 'lies'];
    const contributes = {
      exporters: ids.map((id) => ({ id, label: id, programs: `the ${id}`, ending: `.${id}` })),
      importers: ids.map((id) => ({ id, label: id, endings: [`.${id}`] })),
    };
    const more = { id: 'org.example.own', name: 'Own', tier: 'process' as const, contributes };
    writeFileSync(join(dir, 'retake-plugin.json'), JSON.stringify(manifestWith(more)));
    writeFileSync(
      join(dir, 'index.js'),
      `const bytes = (value) => new TextEncoder().encode(JSON.stringify(value));
      const pause = () => new Promise((resolve) => setTimeout(resolve, 1));
      export default {
        exporters: {
          whole: { write: async (cut) => { await pause(); return { files: [{ path: cut.stem + '.whole', bytes: bytes(cut) }], losses: ['colour'] }; } },
          fails: { write: async () => { await pause(); throw new Error('no reel'); } },
          hangs: { write: () => { for (;;); } },
          lies: { write: () => ({ files: [{ path: 'good.lies', text: '' }, { path: 'media/clip.mov', text: 'mine' }] }) },
        },
        importers: {
          whole: { read: async (text) => { await pause(); return JSON.parse(text); } },
          fails: { read: () => { throw new Error('torn'); } },
          hangs: { read: () => new Promise(() => {}) },
          lies: { read: (text) => ({ ...JSON.parse(text), media: [] }) },
        },
      };`,
    );
    await use({ ...EXAMPLE_FOLDERS, 'org.example.own': dir });
  });

  it('writes and reads as a script does; what fails, hangs or lies costs its own file alone', async () => {
    const { folder, timelines, failed } = await sent(
      request(['edl', ...['fails', 'hangs', 'lies', 'whole'].map(of), SHOTS]),
    );
    expect(failed).toEqual([
      expect.objectContaining({ format: of('fails'), line: expect.stringMatching(/Own 1\.0\.0.*no reel/) }),
      expect.objectContaining({
        format: of('hangs'),
        line: expect.stringMatching(/Own 1\.0\.0.*did not answer/),
      }),
      expect.objectContaining({ format: of('lies'), line: expect.stringContaining('something else lies') }),
    ]);
    expect(timelines.map(({ format, losses }) => [format, losses])).toEqual([
      ['edl', [expect.any(String)]],
      [of('whole'), ['colour']],
      [SHOTS, [expect.any(String)]],
    ]);
    expect(readdirSync(folder).sort()).toEqual([
      'README.txt',
      'Sea shots.csv',
      'Sea.edl',
      'Sea.whole',
      'media',
    ]);
    expect(readFileSync(join(folder, 'media', 'clip.mov')).equals(readFileSync(clip))).toBe(true);
    const text = textIn(folder, 'Sea.whole');
    const back = await importing(join(folder, 'Sea.whole'));
    expect(back.document.timeline).toMatchObject([
      { name: 'Shot 1', start: 0, end: 12 },
      { kind: 'gap', frames: 3 },
      { name: '-2', start: 20, end: 24 },
    ]);
    for (const [ending, line] of [
      ['fails', /Own 1\.0\.0.*torn/],
      ['hangs', /Own 1\.0\.0.*did not answer/],
      ['lies', /Own 1\.0\.0/],
    ] as const) {
      writeFileSync(join(folder, `Sea.${ending}`), text);
      const error = await refusal(importing(join(folder, `Sea.${ending}`)));
      expect([error.code, errorLine(error)]).toEqual(['plugin-failed', expect.stringMatching(line)]);
    }
    expect((await importing(join(folder, 'Sea.whole'))).shots).toBe(2);
  });

  it('that hangs is given up with the export; asked again for other formats, nothing of the earlier ones is there', async () => {
    const asked = request(['edl', of('hangs')]);
    const giveUp = new AbortController();
    const sending = deliver(asked, { probe, signal: giveUp.signal });
    const hidden = () => readdirSync(world.dir).filter((name) => name.startsWith('.retake-partial'));
    const isWritten = () =>
      hidden().some((name) =>
        readdirSync(join(world.dir, name), { recursive: true }).some((one) =>
          String(one).endsWith('Sea.edl'),
        ),
      );
    while (!isWritten()) await new Promise(setImmediate);
    giveUp.abort();
    await expect(sending).rejects.toThrow(Cancelled);
    expect([existsSync(asked.folder), hidden().length]).toEqual([false, 1]);
    const { folder } = await sent({ ...asked, timelines: { ...asked.timelines!, formats: [SHOTS] } });
    expect(folder).toBe(asked.folder);
    expect(readdirSync(folder).sort()).toEqual(['README.txt', 'Sea shots.csv', 'media']);
    expect(textIn(folder, 'README.txt')).not.toContain('Sea.edl');
    expect(hidden()).toEqual([]);
  });
});

describe('a word of a plugin', () => {
  it('stands in names of files, made fit for a file', async () => {
    await use(EXAMPLE_FOLDERS);
    const names = '{shot}_{org.example.shot-list/prompt}';
    const { files } = await foresee(request(['edl'], { names }), { probe });
    expect(files.map(({ name }) => name).sort()).toEqual(
      [join('media', 'Shot 1_=HYPERLINK(-x-) at sea, at.mov'), join('media', 'clip.mov')].sort(),
    );
  });

  it('that is nobody’s is told', async () => {
    const error = await refusal(foresee(request([], { names: '{org.example.gone/slate}' }), { probe }));
    expect(error).toMatchObject({ code: 'plugin-missing', doing: 'naming the files' });
  });
});

const exporting = (cut: Cut) =>
  timelineFormat(ALE, 'testing').write(cut, { stem: 'cut', place: () => null, fcpxml: '1.10', params: {} });

describe('an Avid log', () => {
  it('brings back what was seen: the same frames of the same files at the same times', async () => {
    await fc.assert(
      fc.asyncProperty(cuts({ mixed: false, alternates: false }), async (cut) => {
        const [written] = (await exporting(cut)).files;
        const text = written && 'text' in written ? written.text : '';
        const { cut: again } = await readerOf(text, 'cut.ale').read(text, {
          name: 'cut.ale',
          rate: cut.rate,
        });
        // A log says labels, not frames of a file: from the label of the first one on.
        const first = (one: Cut, name: string) =>
          Object.values(one.media).find((media) => media.name === name)?.timecode?.frames ?? 0;
        const seen = (one: Cut, by: Cut) =>
          seenIn(one).map(({ at, frames, path, from }) => {
            const name = path.split('/').at(-1)!;
            return { at, frames, name: cell(name), from: from + first(by, name) };
          });
        expect(again.rate).toEqual(cut.rate);
        expect(seen(again, again)).toEqual(seen(cut, cut));
      }),
      { numRuns: 40 },
    );
  });

  it('opens as a project by its ending, and finds its files', async () => {
    const { folder } = await sent(request([ALE]));
    const context = { probe, allows: async () => true, isTake: async () => false };
    const path = join(folder, 'Sea.ale');
    const { document: opened, shots } = await importTimeline({ path, footage: null, rate: RATE }, context);
    expect(shots).toBe(2);
    expect(opened.timeline).toMatchObject([
      { name: 'Shot 1', start: 0, end: 12 },
      { kind: 'gap', frames: 3 },
      { name: '-2', start: 20, end: 24 },
    ]);
    writeFileSync(join(folder, 'broken.ale'), 'Heading\nnothing');
    const broken = importTimeline({ path: join(folder, 'broken.ale'), footage: null, rate: RATE }, context);
    expect((await refusal(broken)).message).toMatch(/this is no Avid log.*\(read\.js:/);
  });

  it.each([
    ['TITLE: a\nFCM: NON-DROP FRAME\n', 'cut.edl', 'edl'],
    ['{"OTIO_SCHEMA": "Timeline.1"}', 'cut.ale.otio', 'otio'],
    ['001  AX  V  C  in a log', 'cut.ale', ALE],
    ['TITLE: a\n', 'cut', 'edl'],
  ])('is told from what Retake reads: %j', (text, name, id) => {
    expect(readerOf(text, name).id).toBe(id);
  });
});

const cell = (text: string) => text.replace(/[\t\r\n]+/g, ' ').trim();

it('an importer that contradicts itself is the plugin’s fault, named', () => {
  const plain = timelineOf(
    {
      name: 'a',
      rate: RATE,
      start: { frames: 0, drop: false },
      width: 1,
      height: 1,
      media: {},
      items: [],
      markers: [],
    },
    { stem: 'a', place: () => null },
  );
  expect(() => cutOfTimeline({ ...plain, losses: [] } as never)).toThrow('it holds nothing');
});

it('is written from the command line, and what it could not write is told', async () => {
  const project = join(world.dir, 'sea.retake');
  createProject(project, document).close();
  await useBad('console.log("looking for a reel"); throw new Error("no reel");');
  const out = join(world.dir, 'by terminal');
  const run = await retake(
    [
      'export',
      project,
      '--out',
      out,
      '--timeline',
      '--format',
      'edl',
      SHOTS,
      BAD,
      '--format-param',
      `${SHOTS}:separator=tab`,
    ],
    world,
  );
  expect(run.stderr).toBe('');
  expect(run.code).toBe(1);
  expect(run.stdout).toContain('Sea shots.csv: Excel');
  expect(run.stdout).toContain(`not written: ${BAD}: Bad 1.0.0: no reel (index.js:1:`);
  expect(textIn(out, 'Sea shots.csv')).toContain('No.\tShot\t');
  // Another engine printed it, and is gone.
  const { stdout } = await retake(['plugin', 'info', 'org.example.bad'], world);
  expect(stdout).toContain('  It printed last:\n    | looking for a reel\n');
});
