/** A job as a template of Open Job Description: what any scheduler that speaks it runs. */
import { AppError } from '../../../../common/errors.ts';
import { balanced, type FarmJob } from '../job-folder.ts';
import { checkTemplate } from './check.ts';
import type { JobTemplate } from './schema.ts';

export interface TemplateOptions {
  /** What starts Retake on the machines, and its first words; a job may be given another program. */
  readonly command?: readonly string[];
  /** Told to every task after all else. */
  readonly more?: readonly string[];
  /** Of each machine: 0 asks for none. */
  readonly gpus?: number;
  /** MiB of each machine: 0 asks for none. */
  readonly memory?: number;
  /** Whether the scheduler puts units together (extension TASK_CHUNKING); else tasks have the units that the job says. */
  readonly chunks?: boolean;
}

type Step = JobTemplate['steps'][number];

/** A task keeps where it is in that time, in seconds. */
const NOTICE = 120;
/** A scheduler that measures makes chunks that take about so long, in seconds: opening a model is little of it. */
const CHUNK_SECONDS = 900;

/** @throws AppError usage naming what no template may hold */
export function templateOf(job: FarmJob, options: TemplateOptions = {}): JobTemplate {
  const { chunks = true } = options;
  const [program = 'retake'] = options.command ?? [];
  const { units, shots } = job;
  const inverts = units.length > 0;
  const steps: Step[] = [
    ...(inverts ? [invertStep(job, options)] : []),
    {
      name: 'render',
      ...(inverts && { dependencies: [{ dependsOn: 'invert' }] }),
      ...requirements(options),
      parameterSpace: {
        taskParameterDefinitions: [{ name: 'Shot', type: 'INT', range: rangeOf(shots.length) }],
      },
      script: script(['--step', 'render', '--range', '{{Task.Param.Shot}}'], options),
    },
    {
      name: 'assemble',
      dependencies: [{ dependsOn: 'render' }],
      script: script(['--step', 'assemble'], options),
    },
  ];
  const template: JobTemplate = {
    specificationVersion: 'jobtemplate-2023-09',
    ...(inverts && chunks && { extensions: ['TASK_CHUNKING'] }),
    name: plain(job.name).slice(0, 100) || 'Retake',
    description: `${shots.length} shots, packed by Retake ${job.version} as ${job.id}`,
    parameterDefinitions: [
      {
        name: 'JobFolder',
        type: 'PATH',
        objectType: 'DIRECTORY',
        dataFlow: 'INOUT',
        // Beside the template.
        default: '.',
        description: 'The folder of the job: requests, what is made of them, takes.',
        userInterface: { control: 'CHOOSE_DIRECTORY', label: 'Folder of the job' },
      },
      {
        name: 'Retake',
        type: 'STRING',
        default: program,
        minLength: 1,
        description: 'What starts Retake on the machines.',
        userInterface: { control: 'LINE_EDIT', label: 'Retake' },
      },
    ],
    steps,
  };
  const [problem] = checkTemplate(template);
  if (problem === undefined) return template;
  throw new AppError('usage', `this makes no template: ${problem}`, {
    doing: 'writing the template',
    hint: 'Change the settings of the farm.',
  });
}

/** What is made of shots before they are rendered. */
function invertStep({ units, unitsPerTask }: FarmJob, options: TemplateOptions): Step {
  const chunked = options.chunks ?? true;
  const name = 'Units';
  const definition = chunked
    ? {
        ...{ name, type: 'CHUNK[INT]' as const, range: rangeOf(units.length) },
        chunks: {
          defaultTaskCount: unitsPerTask,
          targetRuntimeSeconds: CHUNK_SECONDS,
          rangeConstraint: 'CONTIGUOUS' as const,
        },
      }
    : {
        name,
        type: 'STRING' as const,
        range: balanced(units.length, leastPerTask(units.length, unitsPerTask)).map(inWords),
      };
  return {
    name: 'invert',
    ...requirements(options),
    parameterSpace: { taskParameterDefinitions: [definition] },
    script: script(['--step', 'invert', '--range', '{{Task.Param.Units}}'], options),
  };
}

/** Values that a list of a template may have at most. */
const LONGEST_LIST = 1024;

function leastPerTask(units: number, wanted: number): number {
  return Math.max(wanted, Math.ceil(units / LONGEST_LIST));
}

function inWords({ first, last }: { readonly first: number; readonly last: number }): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

function rangeOf(count: number): string {
  return count === 1 ? '1' : `1-${count}`;
}

function script(words: readonly string[], { command = [], more = [] }: TemplateOptions): Step['script'] {
  const mapping = ['--path-mapping', '{{Session.PathMappingRulesFile}}'];
  const scratch = ['--scratch', '{{Session.WorkingDirectory}}'];
  return {
    actions: {
      onRun: {
        command: '{{Param.Retake}}',
        args: [
          ...command.slice(1),
          'farm',
          'run-task',
          '{{Param.JobFolder}}',
          ...words,
          ...mapping,
          ...scratch,
          ...more,
        ],
        cancelation: { mode: 'NOTIFY_THEN_TERMINATE', notifyPeriodInSeconds: NOTICE },
      },
    },
  };
}

function requirements({ gpus = 0, memory = 0 }: TemplateOptions): Pick<Step, 'hostRequirements'> {
  const amounts = [
    ...(gpus > 0 ? [{ name: 'amount.worker.gpu', min: gpus }] : []),
    ...(memory > 0 ? [{ name: 'amount.worker.memory', min: memory }] : []),
  ];
  return amounts.length > 0 ? { hostRequirements: { amounts } } : {};
}

/** Without what a name may not hold, and without braces, which stand for values. */
function plain(name: string): string {
  return name.replace(/[\p{Cc}{}]/gu, ' ').trim();
}
