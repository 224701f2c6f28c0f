/** `retake farm work`: what a machine of a farm without a scheduler runs. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Cancelled } from '../../../common/errors.ts';
import { type WorkDone, type WorkNews, work } from '../../engine/farm/work/work.ts';
import { createProgressView } from '../progress.ts';
import { stopSignal } from '../stop-signal.ts';

const EXIT_FAILED = 1;

interface WorkFlags {
  readonly map: readonly string[];
  readonly pathMapping?: string;
  readonly models: readonly string[];
  readonly again?: boolean;
}

const each = (value: string, before: readonly string[]) => [...before, value];

export function addWorkCommand(farm: Command, { print }: { print(text: string): void }): void {
  farm
    .command('work')
    .argument('<folder>', 'the job, in a folder that all machines share')
    .option('--map <from=to>', 'where a path of the desk is on this machine; may be repeated', each, [])
    .option('--path-mapping <file>', 'the same as a file (Open Job Description, pathmapping-1.0)')
    .option('--models <folder>', 'where to look for models; may be repeated', each, [])
    .option('--again', 'try once more what failed')
    .description('Work on a job until nothing of it is left; any number of machines may do so at once.')
    .action(async (folder: string, flags: WorkFlags) => {
      const view = createProgressView(process.stderr);
      const done = await work(resolve(folder), {
        command: [process.execPath, process.argv[1]!, 'farm', 'run-task'],
        more: taskFlags(flags),
        again: flags.again ?? false,
        signal: stopSignal(),
        onNews: (news) => {
          if (news.kind !== 'goes') view.note(newsLine(news));
          else if (news.heard.fraction !== null) view.share(said(news), news.heard.fraction);
        },
      }).finally(() => view.end());
      print(doneText(done));
      if (done.stopped) throw new Cancelled();
      if (done.failed.length > 0) process.exitCode = EXIT_FAILED;
    });
}

function taskFlags({ map, pathMapping, models }: WorkFlags): readonly string[] {
  return [
    ...map.flatMap((one) => ['--map', one]),
    ...(pathMapping === undefined ? [] : ['--path-mapping', resolve(pathMapping)]),
    ...models.flatMap((one) => ['--models', resolve(one)]),
  ];
}

function said({ task, heard }: Extract<WorkNews, { kind: 'goes' }>): string {
  return heard.doing === '' ? task : `${task}: ${heard.doing}`;
}

function newsLine(news: Exclude<WorkNews, { kind: 'goes' }>): string {
  if (news.kind === 'begins') return news.turn === 1 ? news.task : `${news.task}, turn ${news.turn}`;
  if (news.kind === 'unreachable') return `retake: the folder cannot be reached, waiting: ${news.why}`;
  if (news.kind === 'waits')
    return `waiting for ${tasks(news.tasks)} that ${news.tasks === 1 ? 'is' : 'are'} not free`;
  const { task, how, why } = news;
  if (how === 'done') return `${task}: done`;
  return `${task}: ${how === 'stopped' ? 'stopped' : 'failed'}${why === '' ? '' : `: ${why}`}`;
}

function doneText({ done, failed, stopped }: WorkDone): string {
  const lines = [`${tasks(done)} done here`];
  for (const { task, host, why } of failed)
    lines.push(`${task} failed${host === '' ? '' : ` on ${host}`}: ${why}`);
  if (failed.length > 0) lines.push('"retake farm work --again" tries what failed once more.');
  else if (!stopped) lines[0] += ', and nothing is left';
  return lines.join('\n');
}

const tasks = (count: number) => `${count} task${count === 1 ? '' : 's'}`;
