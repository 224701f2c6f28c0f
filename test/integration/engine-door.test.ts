/** The engine as a process, attacked through its door: every call with everything that is not what it takes. */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Calls, contract } from '../../src/common/contract/contract.ts';
import type { Events } from '../../src/common/contract/events.ts';
import { CONTRACT_VERSION } from '../../src/common/contract/version.ts';
import type { WireError } from '../../src/common/errors.ts';
import { emptyProject } from '../../src/common/project/document.ts';
import { type Client, createClient } from '../../src/common/rpc.ts';
import { tempFolder } from '../helpers/clips.ts';
import { ENGINE } from '../helpers/engine-process.ts';
import { inGroups } from '../helpers/job-settings.ts';
import { clipRefOf, withClip, writeTake } from '../helpers/project.ts';

type Name = keyof Calls & string;

const folder = tempFolder();
const at = folder.at;
let child: ChildProcess;
let client: Client<Calls, Events>;
let died: number | string | null = null;
const answers = new Map<number, { type: string; error?: WireError }>();

/** What each call takes, right in every part; nothing here is ever begun. A new call does not compile without one. */
async function samples(): Promise<{ [N in Name]: Calls[N]['input'] }> {
  const clip = await clipRefOf(at('clip.mov'));
  const [shot] = withClip(clip).timeline;
  if (shot?.kind !== 'shot') throw new Error('no shot');
  const path = at('x');
  const settings = { clip: path, bundle: path, out: path, sourcePrompt: '', prompt: 'a red car' };
  const bundle = at('bundle');
  const delivery = {
    ...{ project: 'p', document: withClip(clip, path), folder: path },
    what: { kind: 'timeline' as const, range: { from: 0, to: 10 } },
    media: { as: 'link' as const },
    ...{ names: '{shot}', startTimecode: '01:00:00:00', resolve: true, credentials: 'model' as const },
    timelines: { formats: ['edl' as const], takes: 'all' as const, fcpxml: '1.10' as const },
  };
  const farm = {
    ...{ project: at('x.retake'), shots: [{ shot, clip }], bundle, takesFolder: path, folder: path },
    ...{ provider: 'cpu' as const, copyModels: true },
  };
  return {
    'job.run': inGroups({ ...settings, depth: path, imageText: path, params: { share: 0.5 } }),
    'job.check': inGroups(settings),
    'job.resume': { id: 'job' },
    'job.cancel': { id: 'job' },
    'job.enough': { id: 'job' },
    'job.saveLora': { take: path, out: path },
    'job.list': null,
    'farm.runTask': {
      ...{ folder: path, step: 'render' as const, first: 1, last: 1, attempt: null },
      ...{ map: [], pathMapping: null, models: [], scratch: null },
    },
    'panels.list': null,
    'plugins.list': null,
    'plugins.recognise': { path },
    'plugins.look': { path },
    'plugins.install': { path, consent: 'x' },
    'plugins.enable': { id: 'org.example.ale', on: true },
    'plugins.remove': { id: 'org.example.ale' },
    'plugins.develop': { path, on: true },
    'plugins.log': { id: 'org.example.ale' },
    'plugins.reload': { id: 'org.example.ale' },
    'kit.create': { path, kind: 'exporter', id: null, from: null },
    'kit.test': { path, record: false },
    'kit.pack': { path },
    'job.remove': { id: 'job' },
    'clip.probe': { path },
    'clip.import': { path },
    'clip.cuts': { path, sensitivity: 0.5 },
    'clip.mask': { clip, mask: { parts: [] }, frame: 0, bundle, size: null, flow: null },
    'clip.saveFrame': { path, frame: 0, folder: path, name: 'Shot 1 frame 0' },
    'clip.frame': { path, frame: 0 },
    'clip.describe': { path, frame: 0, estimator: null },
    'clip.preview': { path },
    'project.create': { path, name: 'x' },
    'project.open': { path },
    'project.read': { path },
    'project.save': { project: 'p', document: withClip(clip, path) },
    'project.saveAs': { path, document: withClip(clip, path) },
    'project.collect': { folder: path },
    'project.close': null,
    'project.relink': { clip: { path, fingerprint: clip.fingerprint }, folder: path },
    'project.reach': { path },
    'backups.list': null,
    'backups.open': { backup: 'a-1', path },
    'take.delete': { path },
    'take.restore': { undo: 'abc' },
    'take.score': { take: path, clip: path, imageText: path, features: path, references: [path] },
    'take.scored': { take: path, clip: null, imageText: null, features: null, references: [] },
    'takes.contact': { out: path, title: 'x', takes: [{ take: path, frame: 0, name: 'x', words: 'seed 1' }] },
    'take.sheet': { take: path, clip: path, out: path, columns: 6, difference: true },
    'take.compare': { take: path, clip: path, out: path, layout: 'wipe' },
    'delivery.foresee': delivery,
    'delivery.forget': { project: 'p', folder: path },
    'delivery.inPlace': { project: 'p', document: withClip(clip), take: 't', format: 'prores422hq' },
    'delivery.run': {
      ...delivery,
      what: { kind: 'takes', takes: ['take-1'] },
      media: {
        ...{ as: 'made', format: 'png', sound: true, handles: 1, handlesFromClip: true },
        rate: { num: 25, den: 1 },
      },
    },
    'timeline.ways': null,
    'timeline.look': { path, footage: path, rate: { num: 25, den: 1 } },
    'timeline.import': { path, project: at('y'), footage: path, rate: { num: 25, den: 1 } },
    'render.plan': { shot, clip, bundle, provider: 'cpu' },
    'render.measure': { shot, clip, bundle, provider: 'cpu' },
    'model.try': { shot, clip, bundle, provider: 'cpu' },
    'queue.add': {
      project: 'p',
      shots: [{ shot, clip }],
      bundle,
      provider: 'cpu',
      takesFolder: path,
      preview: false,
    },
    'farm.drivers': null,
    'farm.keep': { driver: 'slurm', setting: 'partition', value: 'gpu' },
    'farm.pack': farm,
    'farm.submit': { ...farm, driver: 'slurm', settings: { partition: 'gpu' } },
    'farm.again': { folder: path, driver: 'slurm', settings: {} },
    'farm.list': null,
    'farm.status': { folder: path },
    'farm.cancel': { folder: path },
    'farm.collect': { folder: path },
    'farm.forget': { folder: path },
    'queue.list': null,
    'queue.pause': { paused: true },
    'queue.move': { id: 'a', before: 'b' },
    'queue.cancel': { id: 'a' },
    'queue.retry': { id: 'a' },
    'queue.clear': null,
    'queue.watch': { id: 'a', frame: 1 },
    'bundle.inspect': { dir: path },
    'library.list': { kind: null, settled: false },
    'library.recognise': { path },
    'library.add': { path },
    'library.remove': { path },
    'library.setDefault': { path },
    'library.folders': null,
    'library.facts': { path },
    'library.picture': { path },
    'library.offer': { endpoint: 'http://127.0.0.1:9', repository: 'a/b', revision: 'main' },
    'library.download': { endpoint: 'http://127.0.0.1:9', repository: 'a/b', revision: 'main', folder: path },
    'library.cancelDownload': null,
    'methods.list': null,
    'providers.list': null,
    'cache.ls': null,
    'cache.stat': null,
    'cache.prune': { olderThanDays: 3 },
    'cache.verify': null,
  };
}

const loop: Record<string, unknown> = {};
loop.self = loop;
const deep = () => {
  let value: unknown = 0;
  for (let i = 0; i < 200; i += 1) value = { deeper: value };
  return value;
};
const WRONG: readonly unknown[] = [
  undefined,
  null,
  true,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  10n,
  '',
  'relative/path',
  '../up',
  '/with\0nul',
  'x'.repeat(20_000),
  `/${'x'.repeat(20_000)}`,
  [],
  [null],
  {},
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{}}}'),
  loop,
  deep(),
  new Map([['path', '/']]),
  new Date(),
  new Uint8Array(1000),
];

/** Every way to put a wrong value in one place of a right input, or a key more. */
function* broken(value: unknown): Generator<unknown> {
  yield* WRONG;
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries())
      for (const wrong of broken(one)) yield value.with(index, wrong);
  } else if (typeof value === 'object' && value !== null) {
    yield { ...value, more: 1 };
    for (const [key, one] of Object.entries(value))
      for (const wrong of broken(one)) yield { ...value, [key]: wrong };
  }
}

function isRight(name: Name, input: unknown): boolean {
  try {
    return contract[name].input.safeParse(input).success;
  } catch {
    return false;
  }
}

let nextId = 1_000_000;
const say = (message: unknown) => child.send(message as object);
async function ask(name: string, input: unknown): Promise<{ type: string; error?: WireError }> {
  const id = nextId++;
  say({ type: 'call', id, name, input });
  await expect.poll(() => died !== null || answers.has(id), { timeout: 20_000, interval: 2 }).toBe(true);
  expect(died).toBeNull();
  return answers.get(id)!;
}

beforeAll(async () => {
  child = fork(ENGINE, [], {
    execArgv: [],
    serialization: 'advanced',
    env: { ...process.env, RETAKE_HOME: at('home') },
    stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
  });
  child.on('exit', (code, signal) => {
    died = signal ?? code;
  });
  child.on('message', (message: { type: string; id: number; error?: WireError }) =>
    answers.set(message.id, message),
  );
  client = createClient<Calls, Events>({
    send: say,
    onMessage: (handler) => child.on('message', handler),
    onClose: (handler) => child.on('exit', () => handler(new Error('gone'))),
  });
  await client.call('methods.list', null);
});
afterAll(() => {
  child.kill('SIGKILL');
  folder[Symbol.dispose]();
});

test('a sample of each call is right, so that what is wrong below is what was broken', async () => {
  const right = await samples();
  expect(Object.keys(right).sort()).toEqual(Object.keys(contract).sort());
  for (const [name, input] of Object.entries(right))
    expect([name, isRight(name as Name, input)]).toEqual([name, true]);
});

describe('every call', () => {
  test.each(Object.keys(contract) as Name[])(
    '%s refuses what it does not take in one short line',
    async (name) => {
      const { [name]: right } = await samples();
      const wrong = [...broken(right)].filter((input) => !isRight(name, input));
      // Whole inputs of a wrong kind are never right, whatever the schema says.
      for (const input of [undefined, true, 1, 'x', [], new Map()]) expect(isRight(name, input)).toBe(false);
      const ids = wrong.map((input) => {
        const id = nextId++;
        say({ type: 'call', id, name, input });
        return id;
      });
      const done = () => died !== null || ids.every((id) => answers.has(id));
      await expect.poll(done, { timeout: 60_000 }).toBe(true);
      expect(died).toBeNull();
      for (const id of ids) {
        const { type, error } = answers.get(id)!;
        expect(type).toBe('error');
        expect(error).toMatchObject({ code: 'usage', doing: contract[name].doing });
        expect(error!.message.length).toBeLessThan(400);
      }
    },
    120_000,
  );

  test('takes no path that is relative, empty, endless or holds a NUL', async () => {
    const paths = ['', 'x', './x', '../x', '/x\0', `/${'x'.repeat(5000)}`];
    const key = /^(path|folder|dir|takesFolder|bundle|clip|depth|imageText)$/;
    let seen = 0;
    /** The call's input with each of its paths replaced in turn; a request holds them in groups. */
    const replaced = (input: object, path: string): object[] =>
      Object.entries(input).flatMap(([name, value]): object[] => {
        if (key.test(name) && typeof value === 'string') return [{ ...input, [name]: path }];
        if (typeof value !== 'object' || value === null || ['document', 'clip', 'shot'].includes(name))
          return [];
        return Array.isArray(value) ? [] : replaced(value, path).map((one) => ({ ...input, [name]: one }));
      });
    for (const [name, input] of Object.entries(await samples())) {
      for (const path of paths) {
        for (const wrong of replaced(input ?? {}, path)) {
          expect(isRight(name as Name, wrong), `${name} ${JSON.stringify(wrong)}`).toBe(false);
          seen += 1;
        }
      }
    }
    expect(seen).toBeGreaterThan(20 * paths.length);
  });
});

test('what is no message, or a call of no name, does not end it', async () => {
  for (const message of [
    0,
    'x',
    [],
    loop,
    { type: 'call' },
    { type: 'call', id: 'x', name: 1 },
    { type: 'hello' },
  ])
    say(message);
  for (const name of ['', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'x'.repeat(1 << 20)]) {
    expect((await ask(name, null)).error).toMatchObject({ code: 'usage' });
  }
  say({ type: 'hello', contract: CONTRACT_VERSION + 1, retake: '9.9.9' });
  expect((await ask('methods.list', null)).error).toMatchObject({ code: 'version-mismatch' });
  say({ type: 'hello', contract: CONTRACT_VERSION, retake: 'test' });
  expect((await ask('methods.list', null)).type).toBe('result');
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test('folders that are a whole disk or the system, and files that are no takes, are refused', async () => {
  const opened = await client.call('project.create', { path: at('p.retake'), name: 'p' });
  const clip = await clipRefOf(at('clip.mov'));
  const document = withClip(clip);
  await client.call('project.save', { project: opened.id, document });
  const [shot] = document.timeline;
  if (shot?.kind !== 'shot') throw new Error('no shot');
  for (const bad of ['/', '/dev', '/proc/self', '/sys/none']) {
    const usage = { code: 'usage' };
    await expect(
      client.call('queue.add', {
        project: opened.id,
        shots: [{ shot, clip }],
        bundle: null,
        provider: 'cpu',
        takesFolder: bad,
        preview: false,
      }),
    ).rejects.toMatchObject(usage);
    await expect(
      client.call('project.relink', {
        clip: { path: clip.path, fingerprint: clip.fingerprint },
        folder: bad,
      }),
    ).rejects.toMatchObject(usage);
    await expect(client.call('project.collect', { folder: bad })).rejects.toMatchObject(usage);
    await expect(
      client.call('library.download', {
        endpoint: 'http://127.0.0.1:9',
        repository: 'a/b',
        revision: '',
        folder: bad,
      }),
    ).rejects.toMatchObject(usage);
    await expect(client.call('take.delete', { path: bad })).rejects.toMatchObject(usage);
  }
  writeTake(at('stranger.mov'));
  const before = readdirSync(folder.at('.'), { recursive: true }).length;
  for (const path of [folder.at('.'), at('p.retake'), at('stranger.mov'), at('home')]) {
    await expect(client.call('take.delete', { path })).rejects.toMatchObject({ code: 'usage' });
  }
  expect(readdirSync(folder.at('.'), { recursive: true }).length).toBe(before);
  expect(existsSync(at('stranger.mov'))).toBe(true);
});

test('a document goes only into its own project', async () => {
  const first = await client.call('project.create', { path: at('first.retake'), name: 'first' });
  await client.call('project.create', { path: at('second.retake'), name: 'second' });
  const late = client.call('project.save', { project: first.id, document: emptyProject('of the first') });
  await expect(late).rejects.toMatchObject({ code: 'usage' });
  expect((await client.call('project.open', { path: at('second.retake') })).document.name).toBe('second');
});

test('a search that is given up ends, and the engine lives on', async () => {
  const { path, fingerprint } = await clipRefOf(join('/usr', 'no such clip.so'));
  const clip = { path, fingerprint };
  const giveUp = new AbortController();
  const search = client.call('project.relink', { clip, folder: '/usr' }, { signal: giveUp.signal });
  setTimeout(() => giveUp.abort(), 20);
  await expect(search).rejects.toMatchObject({ name: 'Cancelled' });
  expect(died).toBeNull();
  expect((await client.call('methods.list', null)).length).toBeGreaterThan(0);
});
