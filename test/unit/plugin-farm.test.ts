/** Farms of plugins on the road of Retake's own: what the template asks a queue, and what one that is wrong cannot do. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseManifest } from '../../src/common/plugins/manifest.ts';
import { farmContributor } from '../../src/main/engine/farm/drivers/of-plugins.ts';
import { farmDrivers, getDriver, settingsFor } from '../../src/main/engine/farm/drivers/registry.ts';
import { createPlugin } from '../../src/main/engine/plugin-kit/create.ts';
import { openInTier } from '../../src/main/engine/plugin-kit/open-in-tier.ts';
import { testPlugin } from '../../src/main/engine/plugin-kit/test-plugin.ts';
import { Plugins } from '../../src/main/engine/plugins/plugins.ts';
import { RunningPlugins } from '../../src/main/engine/plugins/running.ts';
import { openScriptPlugin } from '../../src/main/engine/plugins/script/script-plugin.ts';
import { bringTake, farmFolder } from '../helpers/handed-out.ts';
import { manifestWith } from '../helpers/plugin.ts';
import { serve } from '../helpers/server.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const signal = new AbortController().signal;

let dir: string;
let plugins: Plugins;
let running: RunningPlugins;
beforeEach(() => {
  dir = tempFolder();
  running = new RunningPlugins({
    tiers: {
      process: () => Promise.reject(new Error('not here')),
      // Long, for machines that do much else.
      script: (plugin) => openScriptPlugin(plugin, { limits: { deadlineMs: 120_000 } }),
    },
    disable: async () => {},
  });
  plugins = new Plugins({
    dir: join(dir, 'installed'),
    contributors: [running, farmContributor((id) => running.handle(id))],
    onChange: () => {},
  });
});
afterEach(async () => {
  for (const id of ['org.example.mine', 'org.example.wrong']) farmDrivers.withdraw(id);
  await running.stop();
});

/** A farm whose calls are this, in use. */
async function wrong(body: string): Promise<string> {
  const folder = join(dir, 'wrong');
  mkdirSync(folder);
  const farms = [{ id: 'x', label: 'X', summary: 'X.' }];
  const manifest = manifestWith({ id: 'org.example.wrong', suites: ['farm@1'], contributes: { farms } });
  writeFileSync(join(folder, 'retake-plugin.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'index.js'), `export default { farms: { x: { ${body} } } };`);
  await plugins.develop(folder, true);
  return 'org.example.wrong/x';
}

/** What the template's queue is. */
interface QueueJob {
  readonly id: string;
  readonly tasks: {
    name: string;
    state: string;
    host?: string;
    message?: string;
    command: string[];
    after: string[];
  }[];
}

describe('the template', () => {
  it('passes the kit', async () => {
    const { path } = await createPlugin({ path: join(dir, 'mine'), kind: 'farm', id: null, from: null });
    const { checks, passed } = await testPlugin({ path, record: false }, openInTier, signal);
    expect(checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(passed).toBe(true);
    const said = checks.map(({ what, said }) => `${what}: ${said}`);
    expect(said).toContain('farm queue: submit: asks GET /jobs?key=abcdefgh01');
    expect(said.find((one) => one.startsWith('farm queue: submit, a server that fails'))).toContain(
      'answers 500',
    );
  });

  it('gives a job to a queue, says where it is, gives it again what failed, and cancels it', async () => {
    const { path } = await createPlugin({ path: join(dir, 'mine'), kind: 'farm', id: null, from: null });
    await plugins.develop(path, true);
    const jobs: QueueJob[] = [];
    await using server = await serve(({ method, path, body }) => {
      const id = /^\/queue\/jobs\/(\w+)$/.exec(path)?.[1];
      if (method === 'POST') {
        const tasks = JSON.parse(body).tasks.map((one: object) => ({ ...one, state: 'queued' }));
        jobs.push({ id: `j${jobs.length + 1}`, tasks });
        return [201, jobs.at(-1)];
      }
      if (id === undefined) return [200, { jobs }];
      const job = jobs.find((one) => one.id === id);
      if (!job) return [404, null];
      if (method === 'DELETE') jobs.splice(jobs.indexOf(job), 1);
      return [200, job];
    });
    using at = farmFolder(2, [[1, 0]]);
    const driver = getDriver('org.example.mine/queue');
    expect(driver.settings.map(({ id }) => id)).toEqual(['server', 'pool', 'command', 'arguments']);
    const settings = settingsFor(driver, {
      server: `${server.address}/queue`,
      pool: 'night',
      command: 'retake',
    });

    const first = await driver.submit(at, settings, signal);
    expect(first).toMatchObject({ driver: 'org.example.mine/queue', ids: { render: ['j1'] } });
    expect(JSON.parse(server.asked[1]!.body)).toMatchObject({
      key: 'abcdefgh01',
      name: 'A film',
      pool: 'night',
    });
    const [invert, render] = jobs[0]!.tasks;
    expect(render).toMatchObject({ name: 'render-1', after: ['invert-1'] });
    expect(invert!.command).toEqual([
      ...['retake', 'farm', 'run-task', at.folder, '--step', 'invert', '--first', '1', '--last', '1'],
    ]);

    for (const [i, state] of ['done', 'running', 'failed', 'queued'].entries())
      jobs[0]!.tasks[i]!.state = state;
    Object.assign(render!, { host: 'node-7' });
    const { state, tasks } = await driver.status(first, at, signal);
    expect(state).toBe('running');
    expect(tasks.map((one) => `${one.step} ${one.first} ${one.state} ${one.host}`)).toEqual([
      ...['invert 1 done null', 'render 1 running node-7', 'render 2 failed null', 'assemble 1 waiting null'],
    ]);

    bringTake(at.folder, 1);
    const again = await driver.submit(at, settings, signal);
    expect(again.ids).toEqual({ render: ['j1', 'j2'] });
    expect(jobs[1]!.tasks.map(({ name }) => name)).toEqual(['render-2']);
    await driver.cancel(again, at, signal);
    await driver.cancel(again, at, signal);
    expect(jobs).toEqual([]);
    await plugins.develop(path, false);
    expect(() => getDriver('org.example.mine/queue')).toThrow('there is no farm driver');
  });
});

describe('a farm that is wrong', () => {
  it.each([
    [
      'asks elsewhere',
      `submit: () => ({ ask: { method: 'GET', path: '/../../etc' } })`,
      /is not below its address/,
    ],
    [
      'asks another server',
      `submit: () => ({ ask: { method: 'GET', path: '//example.org/' } })`,
      /asked its server 50 times/,
    ],
    [
      'asks without an end',
      `submit: () => ({ ask: { method: 'GET', path: '/' } })`,
      /asked its server 50 times/,
    ],
    [
      'answers nonsense',
      `submit: () => ({ ids: { render: [7] } })`,
      /its answer .* is none|must be \{ ask \}/,
    ],
    ['throws', `submit: () => { throw new Error('no licence left'); }`, /no licence left/],
    ['changes what it is given', `submit: (job) => { job.tasks.length = 0; return { ids: {} }; }`, null],
  ])('%s', async (_what, body, message) => {
    const id = await wrong(body);
    await using server = await serve(() => [200, {}]);
    using at = farmFolder(1);
    const settings = { server: `${server.address}/api`, command: 'retake', arguments: '' };
    const told = await getDriver(id)
      .submit(at, settings, signal)
      .then(
        () => null,
        (error: Error) => error.message,
      );
    if (message === null) expect(told === null || /read only|frozen|not extensible/.test(told)).toBe(true);
    else expect(told).toMatch(message);
    expect(server.asked.every(({ path }) => path.startsWith('/api/'))).toBe(true);
  });

  it('is refused by the kit where it takes a refusal for a job that was taken', async () => {
    await wrong(`
      submit: (job, settings, [answer]) => answer ? { ids: { render: ['1'] } } : { ask: { method: 'POST', path: '/' } },
      status: () => ({ ask: { method: 'GET', path: '/' } }),
      cancel: () => ({ done: true }),
    `);
    const { checks, passed } = await testPlugin(
      { path: join(dir, 'wrong'), record: false },
      openInTier,
      signal,
    );
    expect(passed).toBe(false);
    const failed = checks
      .filter(({ outcome }) => outcome === 'failed')
      .map(({ what, said }) => `${what}: ${said}`);
    expect(failed).toHaveLength(4);
    expect(failed[0]).toMatch(/^farm x: submit, a server that fails: it takes a refusal/);
    expect(failed[3]).toMatch(/^farm x: cancel: it asks its server nothing/);
  });

  it('is refused by its manifest where it takes a name that is Retake’s, or the tier of data', () => {
    const farm = (settings: object[]) => ({ farms: [{ id: 'x', label: 'X', summary: 'X.', settings }] });
    const setting = { id: 'server', label: 'S', help: 'S.', default: '' };
    const read = (other: object) => () => parseManifest(JSON.stringify({ ...manifestWith(), ...other }));
    expect(read({ contributes: farm([setting]) })).toThrow('is a name that every farm has');
    const data = { tier: 'data', main: undefined, contributes: farm([]) };
    expect(read(data)).toThrow('are for the tier "script" or "process"');
  });
});
