/** Open Job Description: the folder as a job bundle, for a scheduler that Retake does not speak with. */
import { AppError } from '../../../../common/errors.ts';
import { type DriverSettings, type FarmDriver, PROGRAM_SETTINGS } from '../driver.ts';
import { type TemplateOptions, templateOf } from '../openjd/template.ts';
import { writeBundle } from '../openjd/write.ts';
import { wordsOf } from './words.ts';

export const openjd: FarmDriver = {
  id: 'openjd',
  label: 'Open Job Description',
  summary:
    'Makes the folder a job bundle, to be handed in by hand: to Deadline Cloud, or whatever else runs such templates.',
  settings: [
    {
      id: 'gpus',
      label: 'Graphics cards',
      help: 'That each machine must have. Empty: none.',
      default: '',
    },
    {
      id: 'memory',
      label: 'Memory',
      help: 'That each machine must have, in MiB. Empty: whatever it has.',
      default: '',
    },
    {
      id: 'chunks',
      label: 'Chunks',
      help: 'yes: the scheduler puts frames together as it sees fit (TASK_CHUNKING). no: for one that cannot.',
      default: 'yes',
    },
    {
      ...PROGRAM_SETTINGS.command,
      help: 'What starts Retake on the machines, as a shell reads it. Empty: retake.',
    },
    PROGRAM_SETTINGS.arguments,
  ],

  async submit({ folder, job }, settings) {
    await writeBundle(folder, job, templateOf(job, optionsOf(settings)));
    return { driver: openjd.id, settings: { ...settings }, at: Date.now(), ids: {} };
  },

  status: async () => ({
    state: 'unknown',
    words:
      'Hand the folder in where it shall run: "deadline bundle submit", or "openjd run" with its template.json.',
    tasks: [],
  }),

  async cancel() {
    throw new AppError('usage', 'it was handed in by hand', {
      doing: 'cancelling at the farm',
      hint: 'Cancel it where it runs.',
    });
  },
};

/** @throws AppError usage naming what cannot be read */
function optionsOf({
  gpus = '',
  memory = '',
  chunks = '',
  command = '',
  arguments: more = '',
}: DriverSettings): TemplateOptions {
  if (!['', 'yes', 'no'].includes(chunks)) throw unread('Chunks', chunks, 'Say yes or no.');
  return {
    gpus: countOf('Graphics cards', gpus),
    memory: countOf('Memory', memory),
    chunks: chunks !== 'no',
    command: wordsOf(command),
    more: wordsOf(more),
  };
}

function countOf(label: string, text: string): number {
  if (!/^\s*\d*\s*$/.test(text)) throw unread(label, text, 'Say a whole number.');
  return Number(text);
}

function unread(label: string, text: string, hint: string): AppError {
  return new AppError('usage', `"${text}" is not understood`, { doing: `reading ${label}`, hint });
}
