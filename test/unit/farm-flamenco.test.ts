/**
 * The driver for Flamenco before a server that answers as its interface has it, and the job type in an interpreter with what managers
 * give to one. RETAKE_FLAMENCO_OPENAPI names flamenco-openapi.yaml: then all bodies are held to it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { flamenco } from '../../src/main/engine/farm/drivers/flamenco.ts';
import { getDriver, settingsFor } from '../../src/main/engine/farm/drivers/registry.ts';
import { resource } from '../../src/main/engine/resources.ts';
import { bringTake, farmFolder } from '../helpers/handed-out.ts';
import { type Asked, serve } from '../helpers/server.ts';

const script = readFileSync(resource('farm', 'retake-farm.js')!, 'utf8');
const signal = new AbortController().signal;
const openapi = process.env.RETAKE_FLAMENCO_OPENAPI ?? '';

interface Authored {
  readonly name: string;
  readonly type: string;
  readonly commands: { readonly name: string; readonly parameters: { exe: string; args: string[] } }[];
  readonly after: string[];
}

/** As a manager compiles a job: `author` and `job` are all that a job type has beside the language. */
function compile(settings: Record<string, unknown>): Authored[] {
  const tasks: Authored[] = [];
  const author = {
    Task: (name: string, type: string) => {
      const task = { name, type, commands: [] as unknown[], after: [] as string[] };
      return {
        ...{ task, addCommand: (command: unknown) => task.commands.push(command) },
        addDependency: (other: { task: { name: string } }) => task.after.push(other.task.name),
      };
    },
    Command: (name: string, parameters: unknown) => ({ name, parameters }),
  };
  const job = { settings, addTask: ({ task }: { task: Authored }) => tasks.push(task) };
  vm.runInNewContext(`${script}\ncompileJob(job);`, { author, job, print: () => {} }, { timeout: 5000 });
  return tasks;
}

const jobType = () => vm.runInNewContext(`${script}\nJOB_TYPE`, {}, { timeout: 5000 });

interface Job {
  readonly id: string;
  status: string;
  readonly tasks: (Authored & { status: string; worker?: { id: string; name: string; address: string } })[];
  readonly body: Record<string, unknown>;
}

/** What a manager answers of jobs. */
function manager(jobs: Job[], types: readonly string[] = ['retake-farm']) {
  return serve(({ method, path, body }: Asked) => {
    const [, name = '', rest = ''] = /^\/api\/v3\/jobs\/?([^/]*)(.*)$/.exec(path) ?? [];
    if (name === 'type')
      return types.includes(rest.slice(1)) ? [200, jobType()] : [404, { code: 404, message: 'unknown' }];
    if (name === '' && method === 'GET') return [200, { jobs: jobs.map(told) }];
    if (name === '') {
      const asked = JSON.parse(body);
      const tasks = compile(asked.settings).map((task) => ({ ...task, status: 'queued' }));
      const job = { id: `job-${jobs.length + 1}`, status: 'queued', tasks, body: asked };
      jobs.push(job);
      return [200, told(job)];
    }
    const job = jobs.find(({ id }) => id === name);
    if (!job) return [404, { code: 404, message: 'no such job' }];
    if (rest === '/tasks')
      return [
        200,
        { tasks: job.tasks.map(({ name, status, worker }, i) => ({ id: `t${i}`, name, status, worker })) },
      ];
    if (rest === '/setstatus') {
      job.status = JSON.parse(body).status;
      return [204, null];
    }
    return [200, told(job)];
  });
}

const told = ({ id, status, body }: Job) => ({ ...body, id, status, activity: `${id} is ${status}` });

test('the job type makes one task of each, in steps, as run-task takes them', () => {
  const tasks = compile({
    folder: '/jobs/a film',
    program: JSON.stringify(['/opt/node', '/opt/retake/cli.js']),
    more: JSON.stringify(['--models', '/srv/my models']),
    tasks: JSON.stringify([
      { name: 'invert-1-4', step: 'invert', first: 1, last: 4 },
      { name: 'invert-5-7', step: 'invert', first: 5, last: 7 },
      { name: 'render-2', step: 'render', first: 2, last: 2 },
      { name: 'assemble-1', step: 'assemble', first: 1, last: 1 },
    ]),
  });
  expect(tasks.map(({ name, type, after }) => [name, type, [...after]])).toEqual([
    ['invert-1-4', 'misc', []],
    ['invert-5-7', 'misc', []],
    ['render-2', 'misc', ['invert-1-4', 'invert-5-7']],
    ['assemble-1', 'misc', ['render-2']],
  ]);
  expect(JSON.parse(JSON.stringify(tasks[0]!.commands))).toEqual([
    {
      name: 'exec',
      parameters: {
        exe: '/opt/node',
        args: [
          ...['/opt/retake/cli.js', 'farm', 'run-task', '/jobs/a film', '--step', 'invert'],
          ...['--first', '1', '--last', '4', '--models', '/srv/my models'],
        ],
      },
    },
  ]);
  const keys = jobType().settings.map(({ key }: { key: string }) => key);
  expect([...keys]).toEqual(['folder', 'program', 'more', 'tasks']);
});

test('a job is handed in, told of, handed in again for what is left, and cancelled', async () => {
  using at = farmFolder(3, [[1, 0]]);
  const jobs: Job[] = [];
  await using server = await manager(jobs);
  const settings = settingsFor(getDriver('flamenco'), {
    ...{ server: `${server.address}/`, command: '"/opt/my retake" --quiet', arguments: "--map '/a b=/c'" },
    ...{ priority: '80', tag: 'some-tag' },
  });
  const first = await flamenco.submit(at, settings, signal);
  expect(first.ids).toEqual({ render: ['job-1'] });
  expect(jobs[0]!.body).toMatchObject({
    ...{ name: 'Retake: A film', type: 'retake-farm', priority: 80, worker_tag: 'some-tag' },
    metadata: { 'retake.job': 'abcdefgh01' },
  });
  expect(jobs[0]!.tasks.map(({ name }) => name)).toEqual([
    ...['invert-1', 'render-1', 'render-2', 'render-3', 'assemble-1'],
  ]);
  expect(jobs[0]!.tasks[1]!.commands[0]!.parameters).toMatchObject({ exe: '/opt/my retake' });
  expect([...jobs[0]!.tasks[1]!.commands[0]!.parameters.args].slice(-2)).toEqual(['--map', '/a b=/c']);

  const states = ['completed', 'completed', 'active', 'failed', 'queued'];
  for (const [i, task] of jobs[0]!.tasks.entries()) task.status = states[i]!;
  jobs[0]!.tasks[2]!.worker = { id: 'w', name: 'blender-7', address: '10.0.0.7' };
  jobs[0]!.status = 'active';
  const state = await flamenco.status(first, at, signal);
  expect(state).toMatchObject({ state: 'running', words: 'job-1 is active' });
  expect(state.tasks.map((one) => `${one.step} ${one.first} ${one.state} ${one.host} ${one.why}`)).toEqual([
    ...['invert 1 done null ', 'render 1 done null ', 'render 2 running blender-7 '],
    ...['render 3 failed null failed', 'assemble 1 waiting null '],
  ]);

  // What is whole, and what it has still, is not handed in again.
  bringTake(at.folder, 1);
  const again = await flamenco.submit(at, settings, signal);
  expect(again.ids).toEqual({ render: ['job-1', 'job-2'] });
  expect(jobs[1]!.tasks.map(({ name }) => name)).toEqual(['render-3']);
  const both = await flamenco.status(again, at, signal);
  expect(both.tasks.filter(({ step }) => step === 'render').map(({ state }) => state)).toEqual([
    'done',
    'running',
    'waiting',
  ]);
  expect((await flamenco.submit(at, settings, signal)).ids).toEqual(again.ids);

  jobs[0]!.status = 'completed';
  await flamenco.cancel(again, at, signal);
  expect(jobs.map(({ status }) => status)).toEqual(['completed', 'cancel-requested']);
  jobs.length = 0;
  expect((await flamenco.status(again, at, signal)).state).toBe('unknown');
  await flamenco.cancel(again, at, signal);
});

describe('what cannot be is told with what to do', () => {
  test.each([
    ['', /no server is given/, /http:\/\/manager:8080/],
    ['manager:8080', /is no address of a server/, /http:\/\/manager:8080/],
    ['http://me:secret@manager', /is no address of a server/, /./],
    ['http://127.0.0.1:2', /it does not answer: /, /whether the server runs/],
  ])('server "%s"', async (server, message, hint) => {
    using at = farmFolder(1);
    const told = await flamenco.submit(at, { server }, signal).catch((error) => error);
    expect(told.message).toMatch(message);
    expect(told.hint).toMatch(hint);
  });

  test('a manager without the job type', async () => {
    using at = farmFolder(1);
    await using server = await manager([], []);
    const told = await flamenco.submit(at, { server: server.address }, signal).catch((error) => error);
    expect(told.hint).toContain(join('resources', 'farm', 'retake-farm.js'));
  });

  test('its own words, and something that is no manager', async () => {
    using at = farmFolder(1);
    await using unwilling = await serve(({ path }) =>
      path.includes('/type/') ? [200, {}] : [500, { code: 500, message: 'the database is locked' }],
    );
    await expect(flamenco.submit(at, { server: unwilling.address }, signal)).rejects.toThrow(
      'the database is locked',
    );
    await using other = await serve(() => [200, { hello: 'world' }]);
    await expect(flamenco.submit(at, { server: other.address }, signal)).rejects.toThrow(
      'is no manager of Flamenco 3',
    );
    await expect(
      flamenco.submit(at, { server: unwilling.address, command: "it's" }, signal),
    ).rejects.toThrow();
  });
});

describe.skipIf(!existsSync(openapi))('the interface as Flamenco has it', () => {
  test('knows every path that is asked, and takes every body', async () => {
    const { paths, components } = parse(readFileSync(openapi, 'utf8'));
    const ajv = new Ajv({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'flamenco', components });
    const holds = (ref: string, value: unknown) => {
      const check = ajv.compile({ $ref: `flamenco${ref}` });
      expect({ ref, errors: check(value) ? null : check.errors }).toEqual({ ref, errors: null });
    };
    using at = farmFolder(2, [[1, 0]]);
    const jobs: Job[] = [];
    await using server = await manager(jobs);
    const submission = await flamenco.submit(
      at,
      settingsFor(flamenco, { server: server.address, tag: 't' }),
      signal,
    );
    await flamenco.status(submission, at, signal);
    await flamenco.cancel(submission, at, signal);
    for (const { method, path, body } of server.asked) {
      const known = Object.keys(paths).filter((one) =>
        new RegExp(`^${one.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(path),
      );
      expect({ path, known: known.length > 0 }).toEqual({ path, known: true });
      const call = paths[known[0]!][method.toLowerCase()];
      expect({ path, method, known: call !== undefined }).toEqual({ path, method, known: true });
      if (body !== '') holds(call.requestBody.content['application/json'].schema.$ref, JSON.parse(body));
    }
    holds('#/components/schemas/AvailableJobType', {
      ...JSON.parse(JSON.stringify(jobType())),
      name: 'retake-farm',
      etag: '',
    });
  });
});
