/**
 * Flamenco 3, of Blender: the manager is told of a job by its REST interface (pkg/api/flamenco-openapi.yaml), and compiles it to tasks
 * by a job type, which Retake brings (resources/farm/retake-farm.js). Its workers tell no exit codes apart: what fails is tried again as
 * often as the manager does.
 */
import { z } from 'zod';
import { AppError } from '../../../../common/errors.ts';
import { resource } from '../../resources.ts';
import {
  type DriverSetting,
  type DriverSettings,
  type FarmDriver,
  type FarmFolder,
  PROGRAM_SETTINGS,
  type SchedulerState,
  type SchedulerTask,
} from '../driver.ts';
import { FARM_STEPS, type FarmStep, taskName } from '../job-folder.ts';
import { missingTasks, tasksOf } from '../missing.ts';
import { askServer, SERVER_SETTING } from './server.ts';
import { programWords } from './words.ts';

const JOB_TYPE = 'retake-farm';
/** In the metadata of its jobs: which of Retake's it is. */
const JOB_KEY = 'retake.job';
const OPEN = new Set(['active', 'queued', 'requeueing', 'under-construction', 'paused', 'pause-requested']);
const STATES: Readonly<Record<string, SchedulerTask['state']>> = {
  ...{ active: 'running', completed: 'done', failed: 'failed', canceled: 'failed' },
  ...{ queued: 'waiting', 'soft-failed': 'waiting', paused: 'waiting' },
};

const SETTINGS = {
  server: { ...SERVER_SETTING, label: 'Manager', help: 'Its address: http://manager:8080' },
  priority: { id: 'priority', label: 'Priority', help: '0 to 100; the higher, the sooner.', default: '50' },
  tag: {
    id: 'tag',
    label: 'Worker tag',
    help: 'Id of the tag of the workers that may take it. Empty: all.',
    default: '',
  },
  ...PROGRAM_SETTINGS,
} as const satisfies Record<string, DriverSetting>;

const job = z.object({
  id: z.string(),
  status: z.string(),
  activity: z.string().default(''),
  metadata: z.record(z.string(), z.string()).nullish(),
});
const jobs = z.object({ jobs: z.array(job) });
const task = z.object({
  name: z.string(),
  status: z.string(),
  worker: z.object({ name: z.string() }).nullish(),
});
const taskList = z.object({ tasks: z.array(task).nullish() });
type Task = z.output<typeof task>;
const failure = z.object({ message: z.string() });

export const flamenco: FarmDriver = {
  id: 'flamenco',
  label: 'Flamenco',
  summary: 'The render farm of Blender; its manager needs the job type that Retake brings.',
  settings: Object.values(SETTINGS),

  async submit(at, settings, signal) {
    const manager = managerAt(settings, signal);
    await requireJobType(manager);
    const known = (await manager.get('/jobs', jobs)).jobs.filter(
      ({ status, metadata }) => OPEN.has(status) && metadata?.[JOB_KEY] === at.job.id,
    );
    const ids = known.map(({ id }) => id);
    const open = new Set<string>();
    for (const id of ids)
      for (const { name, status } of await manager.tasks(id))
        if (STATES[status] === 'waiting' || STATES[status] === 'running') open.add(name);
    const tasks = (await tasksLeft(at)).filter(({ name }) => !open.has(name));
    if (tasks.length > 0) ids.push((await manager.post('/jobs', submitted(at, settings, tasks), job)).id);
    return { driver: flamenco.id, settings: { ...settings }, at: Date.now(), ids: { render: ids } };
  },

  async status({ ids, settings }, { job }, signal) {
    const manager = managerAt(settings, signal);
    const known = new Map<string, Task>();
    const states: string[] = [];
    let words = '';
    for (const id of ids.render ?? []) {
      const one = await manager.find(id);
      if (!one) continue;
      states.push(one.status);
      words = one.activity || words;
      // Later jobs were given what earlier ones did not do.
      for (const task of await manager.tasks(id)) known.set(task.name, task);
    }
    return { state: overall(states), words, tasks: tasksTold(job, known) };
  },

  async cancel({ ids, settings }, _at, signal) {
    const manager = managerAt(settings, signal);
    for (const id of ids.render ?? []) {
      const status = (await manager.find(id))?.status;
      if (status === undefined || !OPEN.has(status)) continue;
      await manager.post(
        `/jobs/${id}/setstatus`,
        { status: 'cancel-requested', reason: 'Cancelled in Retake' },
        null,
      );
    }
  },
};

interface LeftTask {
  readonly name: string;
  readonly step: FarmStep;
  readonly first: number;
  readonly last: number;
}

async function tasksLeft({ folder, job }: FarmFolder): Promise<readonly LeftTask[]> {
  const left: LeftTask[] = [];
  for (const step of FARM_STEPS)
    for (const range of await missingTasks(folder, job, step))
      left.push({ name: taskName(step, range), step, ...range });
  return left;
}

/** SubmittedJob of its interface. */
function submitted(
  { folder, job: { id, name } }: FarmFolder,
  settings: DriverSettings,
  tasks: readonly LeftTask[],
) {
  const priority = Number(settings.priority?.trim() || SETTINGS.priority.default);
  if (!Number.isInteger(priority) || priority < 0 || priority > 100) {
    throw new AppError('usage', `the priority is "${settings.priority}"`, {
      ...{ doing: 'reading the settings of Flamenco', hint: 'Give a whole number from 0 to 100.' },
    });
  }
  const { program, more } = programWords(settings);
  const tag = settings.tag?.trim() ?? '';
  return {
    ...{ name: `Retake: ${name}`, type: JOB_TYPE, priority },
    // Paths that the manager has variables for are each worker's own.
    submitter_platform: process.platform === 'win32' ? 'windows' : process.platform,
    settings: {
      ...{ folder, program: JSON.stringify(program), more: JSON.stringify(more) },
      tasks: JSON.stringify(tasks),
    },
    metadata: { [JOB_KEY]: id },
    ...(tag !== '' && { worker_tag: tag }),
  };
}

function overall(states: readonly string[]): SchedulerState['state'] {
  if (states.length === 0) return 'unknown';
  if (states.includes('active')) return 'running';
  return states.some((one) => OPEN.has(one) || one === 'cancel-requested') ? 'waiting' : 'ended';
}

function tasksTold(job: FarmFolder['job'], known: ReadonlyMap<string, Task>): SchedulerTask[] {
  return FARM_STEPS.flatMap((step) =>
    tasksOf(job, step).flatMap((range) => {
      const found = known.get(taskName(step, range));
      const state = found && STATES[found.status];
      if (!state) return [];
      const why = state === 'failed' || found.status === 'soft-failed' ? found.status : '';
      return [{ step, ...range, state, host: found.worker?.name ?? null, why }];
    }),
  );
}

/** Said with the file that is to be copied. */
async function requireJobType(manager: Manager): Promise<void> {
  if ((await manager.ask('GET', `/jobs/type/${JOB_TYPE}`, null)).status !== 404) return;
  throw new AppError('usage', `the manager does not know the job type "${JOB_TYPE}"`, {
    doing: 'giving the job to Flamenco',
    hint: `Copy ${resource('farm', `${JOB_TYPE}.js`) ?? `${JOB_TYPE}.js`} into the folder "scripts" beside the manager, and restart it.`,
  });
}

type Manager = ReturnType<typeof managerAt>;

function managerAt(settings: DriverSettings, signal: AbortSignal) {
  const ask = (method: 'GET' | 'POST', path: string, body: object | null) =>
    askServer(
      settings.server ?? '',
      {
        ...{ method, path: `/api/v3${path}`, headers: { accept: 'application/json' } },
        ...(body && {
          headers: { accept: 'application/json', 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      },
      signal,
    );
  const told = async <T extends z.ZodType>(
    method: 'GET' | 'POST',
    path: string,
    body: object | null,
    schema: T,
  ): Promise<z.output<T>> => {
    const answer = await ask(method, path, body);
    if (answer.status < 200 || answer.status > 299) throw refused(answer);
    const read = schema.safeParse(parsed(answer.body));
    if (read.success) return read.data;
    throw new AppError('usage', `what answers at ${settings.server} is no manager of Flamenco 3`, {
      ...{ doing: 'asking Flamenco', hint: 'Look at the address.', cause: read.error },
    });
  };
  const get = <T extends z.ZodType>(path: string, schema: T) => told('GET', path, null, schema);
  return {
    ask,
    get,
    /** Null where nothing is answered. */
    post: <T extends z.ZodType>(path: string, body: object, schema: T | null) =>
      told('POST', path, body, schema ?? z.unknown()) as Promise<z.output<T>>,
    tasks: async (id: string) => (await get(`/jobs/${encodeURIComponent(id)}/tasks`, taskList)).tasks ?? [],
    /** Null where the manager has forgotten it. */
    find: async (id: string) => {
      const answer = await ask('GET', `/jobs/${encodeURIComponent(id)}`, null);
      if (answer.status === 404) return null;
      if (answer.status !== 200) throw refused(answer);
      return job.safeParse(parsed(answer.body)).data ?? null;
    },
  };
}

function refused({ status, body }: { status: number; body: string }): AppError {
  const said = failure.safeParse(parsed(body)).data?.message ?? '';
  return new AppError('usage', said || `the manager answers ${status}`, { doing: 'asking Flamenco' });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
