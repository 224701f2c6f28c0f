/** The door for DaVinci Resolve: who is let in and who is not; and the panel behind it, with Resolve's objects as they are documented. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenedProject } from '../../src/common/contract/projects.ts';
import { AppError } from '../../src/common/errors.ts';
import { childOf, readXml, textIn } from '../../src/common/interchange/xml.ts';
import type { Engine } from '../../src/main/app/engine.ts';
import { resolveCalls } from '../../src/main/app/resolve/calls.ts';
import { type Door, type DoorCalls, openDoor } from '../../src/main/app/resolve/door.ts';
import { installPanel, resolvePlaces } from '../../src/main/app/resolve/panel.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const panel = join(import.meta.dirname, '../../resources/resolve/panel');
const need = createRequire(import.meta.url);

let dir: string;
let file: string;
let door: Door;
let opened: string[];
const calls: DoorCalls = {
  takes: async () => ({ takes: ['one'] }),
  timeline: async () => {
    throw new AppError('usage', 'no project is open in Retake', { doing: 'answering DaVinci Resolve' });
  },
  open: async (path) => {
    opened.push(path);
    return { opened: path };
  },
};
const token = () => (JSON.parse(readFileSync(file, 'utf8')) as { token: string }).token;

beforeEach(async () => {
  dir = tempFolder();
  file = join(dir, 'door.json');
  opened = [];
  door = await openDoor(file, calls);
});
afterEach(() => door.close());

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly host?: string;
}

function send(path: string, { method = 'GET', headers = {}, body = '', host = '127.0.0.1' }: Sent = {}) {
  return new Promise<{ status: number; text: string; headers: IncomingHttpHeaders }>((resolve, reject) => {
    const asked = request({ host, port: door.port, path, method, headers, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (part: Buffer) => {
        text += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode!, text, headers: answer.headers }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
const known = () => ({ authorization: `Bearer ${token()}` });
const json = () => ({ ...known(), 'content-type': 'application/json' });

/** Resolve's objects as its panel uses them, all in one. `deaf`: it says that it did, and did not. */
class StandIn {
  readonly #deaf: boolean;
  readonly #path: string;
  #timelines = 0;
  constructor(deaf: boolean, path = '') {
    this.#deaf = deaf;
    this.#path = path;
  }
  async GetProjectManager() {
    return this;
  }
  async GetCurrentProject() {
    return this;
  }
  async GetMediaPool() {
    return this;
  }
  async GetMediaStorage() {
    return this;
  }
  async GetCurrentTimeline() {
    return this;
  }
  async GetTimelineCount() {
    return this.#timelines;
  }
  async GetName() {
    return 'Film';
  }
  async GetClipProperty() {
    return this.#path;
  }
  async ImportTimelineFromFile() {
    if (!this.#deaf) this.#timelines += 1;
    return this;
  }
  async Export(path: string) {
    if (!this.#deaf) writeFileSync(path, '<fcpxml/>');
    return true;
  }
  async AddItemListToMediaPool([path]: string[]) {
    return { 1: new StandIn(this.#deaf, this.#deaf ? '/other.mov' : path) };
  }
}

describe('the door', () => {
  it('lets in who knows the token, which only its user may read, and is gone when it is shut', async () => {
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
    const { status, text, headers } = await send('/takes', { headers: known() });
    expect([status, JSON.parse(text)]).toEqual([200, { takes: ['one'] }]);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const path = join(dir, 'a.fcpxml');
    const body = JSON.stringify({ path });
    expect((await send('/open', { method: 'POST', headers: json(), body })).status).toBe(200);
    expect(opened).toEqual([path]);
    const first = token();
    await door.close();
    expect(existsSync(file)).toBe(false);
    await expect(send('/takes')).rejects.toThrow();
    door = await openDoor(file, calls);
    expect(token()).not.toBe(first);
  });

  it.each<[string, Sent & { readonly sign?: boolean }, number]>([
    ['no token', {}, 401],
    ['a wrong token', { headers: { authorization: `Bearer ${'0'.repeat(64)}` } }, 401],
    ['a token of another length', { headers: { authorization: 'Bearer x' } }, 401],
    [
      'another host name, as a page behind a rebound name has',
      { headers: { host: 'evil.example' }, sign: true },
      403,
    ],
    ['the origin of a page', { headers: { origin: 'https://evil.example' }, sign: true }, 403],
    ['the origin of a local file', { headers: { origin: 'null' }, sign: true }, 403],
    [
      'a browser that says where it asks from',
      { headers: { 'sec-fetch-site': 'cross-site' }, sign: true },
      403,
    ],
    ['the question of a browser whether it may', { method: 'OPTIONS', headers: { origin: 'http://a' } }, 403],
    ['another method', { method: 'DELETE', sign: true }, 404],
  ])('turns away %s', async (_, { sign, ...sent }, wanted) => {
    const headers = { ...(sign && known()), ...sent.headers };
    const { status, text } = await send('/takes', { ...sent, headers });
    expect(status).toBe(wanted);
    expect(text).not.toContain('one');
  });

  it.each([
    ['no JSON', '{', 400],
    ['no path', '{}', 400],
    ['more than was asked for', '{"path":"/a","more":1}', 400],
    ['too much', JSON.stringify({ path: 'x'.repeat(100_000) }), 413],
  ])('takes nothing from a body with %s', async (_, body, wanted) => {
    const { status } = await send('/open', { method: 'POST', headers: json(), body });
    expect([status, opened]).toEqual([wanted, []]);
  });

  it('takes no form of a page', async () => {
    const headers = { ...known(), 'content-type': 'text/plain' };
    const body = JSON.stringify({ path: '/a.fcpxml' });
    expect((await send('/open', { method: 'POST', headers, body })).status).toBe(415);
  });

  it('listens on loopback alone, answers one line for a refusal, and lives on after rubbish', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(door.port, '127.0.0.1', () => socket.end('rubbish\r\n\r\n'));
      socket.on('close', () => resolve());
      socket.resume();
    });
    const { status, text } = await send('/timeline', { method: 'POST', headers: json(), body: '{}' });
    expect([status, JSON.parse(text)]).toEqual([
      500,
      { error: 'answering DaVinci Resolve: no project is open in Retake.' },
    ]);
    await expect(send('/takes', { headers: known(), host: '::1' })).rejects.toThrow();
  });
});

describe('what is answered', () => {
  it('is the takes of the open project, its timeline as a delivery, and only timelines are opened', async () => {
    const document = withClip(await clipRefOf('/a.mov'), '/take.mov');
    const folder = join(dir, 'resolve');
    const asked: unknown[] = [];
    const engine = {
      call: async (name: string, input: { folder: string }) => {
        asked.push([name, input]);
        if (name === 'project.open') return { id: 'p', document } as unknown as OpenedProject;
        mkdirSync(input.folder);
        writeFileSync(join(input.folder, 'Film (Resolve takes).lua'), '');
        return { timelines: [{ path: join(input.folder, 'Film (Resolve).fcpxml') }] };
      },
    } as unknown as Engine;
    let project: string | null = '/film.retake';
    const answers = resolveCalls({
      ...{ engine: () => engine, project: () => project, folder },
      opens: (path) => opened.push(path),
    });
    expect(await answers.takes()).toMatchObject({ takes: [{ shown: true, shot: 'Shot 1' }] });
    for (let i = 0; i < 6; i += 1) {
      const { script } = (await answers.timeline()) as { script: string };
      expect(existsSync(script)).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(asked.at(-1)).toMatchObject(['delivery.run', { resolve: true, media: { as: 'link' } }]);
    expect(readdirSync(folder)).toHaveLength(4);
    const timeline = join(dir, 'cut.fcpxml');
    writeFileSync(timeline, '<fcpxml/>');
    await answers.open(timeline);
    for (const path of [join(dir, 'none.fcpxml'), dir, 'cut.fcpxml', file])
      await expect(answers.open(path)).rejects.toThrow('no timeline of Resolve');
    expect(opened).toEqual([timeline]);
    project = null;
    await expect(answers.takes()).rejects.toThrow('no project is open');
  });
});

describe('the panel', () => {
  const install = (into: string, library: string | null = null) =>
    installPanel({ from: panel, into, door: file, library });

  it('is a folder as Resolve wants it, whole where its library is found, and never over what is not ours', () => {
    const library = join(dir, 'WorkflowIntegration.node');
    expect(install(dir, library).complete).toBe(false);
    writeFileSync(library, 'native');
    const { folder, complete } = install(dir, library);
    expect(complete).toBe(true);
    const manifest = readXml(readFileSync(join(folder, 'manifest.xml'), 'utf8'), 'reading', '');
    const plugin = childOf(manifest, 'Plugin');
    expect(manifest.name).toBe('BlackmagicDesign');
    expect(folder.endsWith(textIn(plugin, 'Id')!)).toBe(true);
    expect(existsSync(join(folder, textIn(plugin, 'FilePath')!))).toBe(true);
    const page = readFileSync(join(folder, 'index.html'), 'utf8');
    for (const [, name] of page.matchAll(/(?:src|href)="([^"]+)"/g))
      expect(existsSync(join(folder, name!))).toBe(true);
    writeFileSync(join(folder, 'manifest.xml'), '<other/>');
    expect(() => install(dir)).toThrow(/is not Retake's/);
    expect(resolvePlaces('linux', {})).toBeNull();
    expect(resolvePlaces('darwin', {})?.panels).toContain('Workflow Integration Plugins');
  });

  it('speaks to the door, and says in plain words where it is shut', async () => {
    const { ask } = need(join(panel, 'retake.js'));
    expect(await ask(file, 'GET', '/takes')).toEqual({ takes: ['one'] });
    await expect(ask(file, 'POST', '/timeline', {})).rejects.toThrow('no project is open in Retake');
    await ask(file, 'POST', '/open', { path: '/a.fcpxml' });
    expect(opened).toEqual(['/a.fcpxml']);
    const saved = readFileSync(file, 'utf8');
    await door.close();
    await expect(ask(file, 'GET', '/takes')).rejects.toThrow(/does not listen/);
    writeFileSync(file, saved);
    await expect(ask(file, 'GET', '/takes')).rejects.toThrow(/does not listen/);
    door = await openDoor(file, calls);
  });

  it('reads back what Resolve says it did', async () => {
    const { addTake, bringTimeline, writeTimeline } = need(join(panel, 'resolve.js'));
    const resolveThat = (deaf: boolean) => new StandIn(deaf);
    expect(await bringTimeline(resolveThat(false), '/a.fcpxml')).toBe('Film');
    expect(await writeTimeline(resolveThat(false), join(dir, 'out.fcpxml'))).toBe(join(dir, 'out.fcpxml'));
    expect(await addTake(resolveThat(false), '/a.mov')).toBe('Film');
    await expect(bringTimeline(resolveThat(true), '/a.fcpxml')).rejects.toThrow('did not import');
    await expect(writeTimeline(resolveThat(true), join(dir, 'no.fcpxml'))).rejects.toThrow('did not write');
    await expect(addTake(resolveThat(true), '/a.mov')).rejects.toThrow('/other.mov instead of');
  });
});
