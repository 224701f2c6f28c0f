/** `retake`, the engine from a terminal. Results go to stdout, everything said on the way to stderr. */
import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import prettyBytes from 'pretty-bytes';
import { ARTEFACT_KINDS, type ArtefactKind, type PruneRequest } from '../../common/contract/cache.ts';
import { RETAKE_VERSION } from '../../common/contract/version.ts';
import { AppError, Cancelled, errorLine } from '../../common/errors.ts';
import { fastest } from '../../common/providers.ts';
import type { TakeReport } from '../../common/report.ts';
import { addBatchCommand } from './batch.ts';
import { addExportCommand } from './delivery.ts';
import { addDescribeCommand } from './describe.ts';
import { addEditOptions, type EditFlags, editRequest, sequenceRate } from './edit-options.ts';
import { type Engine, startEngine } from './engine.ts';
import { addFarmCommands } from './farm.ts';
import { EXIT_CANCELLED, follow } from './follow.ts';
import { addLibraryCommands } from './library.ts';
import { keepTalking } from './output.ts';
import { addPluginKitCommands } from './plugin-kit.ts';
import { addPluginCommands } from './plugins.ts';
import { addTakeCommands } from './takes.ts';
import { cacheGroups, cacheStat, jobTable, methodTable, takeSummary } from './text.ts';
import { addImportCommand } from './timelines.ts';
import { addUpscaleCommand } from './upscale.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Runs a task with an engine that is stopped afterwards, come what may. */
async function withEngine<Result>(task: (engine: Engine) => Promise<Result>): Promise<Result> {
  const engine = startEngine();
  try {
    return await task(engine);
  } finally {
    await engine.stop();
  }
}

async function followJob(start: (engine: Engine) => Promise<TakeReport>, json: boolean): Promise<void> {
  const report = await withEngine(async (engine) => {
    const watch = follow(engine);
    try {
      return await start(engine);
    } finally {
      watch.end();
    }
  });
  print(json ? JSON.stringify(report, null, 2) : takeSummary(report));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function program(): Command {
  const retake = new Command('retake')
    .description('Re-shoots footage by text: a real clip in, a consistent take out.')
    .version(RETAKE_VERSION)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`retake: ${optionErrorLine(text, retake)}\n`) });

  addEditOptions(retake.command('edit').argument('<clip>', 'the clip to edit'))
    .description(
      'Edit a clip into a take. Inversions are cached: a changed prompt renders again without them.',
    )
    .option('--json', 'print the report as JSON')
    .action((clip: string, flags: EditFlags) => {
      const request = editRequest(clip, flags);
      return followJob((engine) => engine.call('job.run', request), flags.json === true);
    });

  addBatchCommand(retake, { withEngine, print });

  retake
    .command('resume')
    .argument('[job]', 'the newest unfinished one by default')
    .description('Finish an edit that was interrupted.')
    .option('--json', 'print the report as JSON')
    .action((job: string | undefined, flags: { json?: boolean }) =>
      followJob((engine) => engine.call('job.resume', { id: job ?? null }), flags.json ?? false),
    );

  retake
    .command('jobs')
    .description('List the edits and how they ended.')
    .option('--remove <job>', 'forget a job and its checkpoint')
    .action(async (flags: { remove?: string }) => {
      await withEngine(async (engine) => {
        if (flags.remove) await engine.call('job.remove', { id: flags.remove });
        else print(jobTable(await engine.call('job.list', null)));
      });
    });

  retake
    .command('enough')
    .argument('<job>', 'one that learns its clip, as "retake jobs" names it')
    .description('Take what a running job has learnt of its clip so far, and let it render.')
    .action(async (id: string) => {
      await withEngine((engine) => engine.call('job.enough', { id }));
    });

  retake
    .command('save-lora')
    .argument('<take>', 'a take whose method learnt the clip')
    .argument('<file>', 'the LoRA, ending in .safetensors')
    .description('Save what was learnt for a take as a LoRA, for Retake and for other programs.')
    .action(async (take: string, file: string) => {
      const asked = { take: resolve(take), out: resolve(file) };
      const { path, layers, bytes, whole } = await withEngine((engine) => engine.call('job.saveLora', asked));
      print(`${path}: ${layers} layers, ${prettyBytes(bytes)}${whole ? ', whole weights (LyCORIS)' : ''}`);
    });

  retake
    .command('probe')
    .argument('<clip>')
    .option('--rate <fps>', 'frames per second of a picture sequence; 24 by default')
    .description('Say what a clip is, as JSON.')
    .action(async (clip: string, flags: { rate?: string }) => {
      const request = {
        path: resolve(clip),
        ...(flags.rate !== undefined && { rate: sequenceRate(flags.rate) }),
      };
      const info = await withEngine((engine) => engine.call('clip.probe', request));
      print(JSON.stringify(info, null, 2));
    });

  retake
    .command('methods')
    .description('List the editing methods and their parameters.')
    .action(async () => print(methodTable(await withEngine((engine) => engine.call('methods.list', null)))));

  retake
    .command('providers')
    .description('Try and time what can compute on this machine.')
    .option('--again', 'time it anew instead of remembering')
    .action(async (flags: { again?: boolean }) => {
      const again = { again: flags.again ?? false };
      const trials = await withEngine((engine) => engine.call('providers.list', again));
      const best = fastest(trials);
      for (const trial of trials) {
        const reason = trial.reason.replace(/^works,? ?/, '');
        const taken = trial === best ? 'fastest: auto takes it' : '';
        const words = [reason, taken].filter((part) => part !== '').join('; ');
        print(`${trial.provider.padEnd(8)} ${trial.ok ? 'works' : 'no   '}  ${words}`.trimEnd());
      }
    });

  addLibraryCommands(retake, { withEngine, print });
  addTakeCommands(retake, { withEngine, print });
  addDescribeCommand(retake, { withEngine, print });
  addUpscaleCommand(retake, { withEngine, print });
  addExportCommand(retake, { withEngine, print });
  addImportCommand(retake, { withEngine, print });
  addFarmCommands(retake, { withEngine, print });
  const plugin = retake
    .command('plugin')
    .description('Look after what others add: methods, models, exporters, importers, panels.');
  addPluginCommands(plugin, { withEngine, print });
  addPluginKitCommands(plugin, { withEngine, print });

  addCacheCommands(
    retake
      .command('cache')
      .description('Look after what is kept of earlier edits: inverted frames, depth, prompts and more.'),
  );
  return retake;
}

/** Commander's complaint in one line, with the help that lists what it missed. */
function optionErrorLine(text: string, retake: Command): string {
  const name = retake.commands.map((command) => command.name()).find((known) => known === process.argv[2]);
  const complaint = text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/\.$/, '');
  return `${complaint}. See "retake ${name ? `${name} ` : ''}--help".`;
}

function addCacheCommands(cache: Command): void {
  cache
    .command('ls')
    .description('List what is cached, by kind, clip and settings.')
    .action(async () => print(cacheGroups(await withEngine((engine) => engine.call('cache.ls', null)))));
  cache
    .command('stat')
    .description('Say where the cache is and how full.')
    .action(async () => print(cacheStat(await withEngine((engine) => engine.call('cache.stat', null)))));
  cache
    .command('prune')
    .description('Remove what is cached, least recently used first.')
    .addOption(new Option('--all', 'everything').conflicts(['to', 'olderThan']))
    .option('--to <megabytes>', 'until no more than this is left')
    .option('--older-than <days>', 'not used for so long')
    .addOption(new Option('--kind <kind>', 'of this kind only').choices(ARTEFACT_KINDS))
    .action(async (flags: PruneFlags) => {
      const done = await withEngine((engine) => engine.call('cache.prune', pruneRequest(flags)));
      print(`${done.items} items removed, ${prettyBytes(done.bytes)} freed`);
    });
  cache
    .command('verify')
    .description('Check everything that is cached; what is damaged is dropped.')
    .action(async () => {
      const found = await withEngine((engine) => engine.call('cache.verify', null));
      if (found.rebuilt) print('the cache file was damaged: it was set aside and a new one begun');
      else print(`${found.items} items checked, ${found.damaged} damaged and dropped`);
      if (found.rebuilt || found.damaged > 0) process.exitCode = EXIT_FAILED;
    });
}

interface PruneFlags {
  readonly all?: boolean;
  readonly to?: string;
  readonly olderThan?: string;
  readonly kind?: ArtefactKind;
}

function pruneRequest(flags: PruneFlags): PruneRequest {
  const kind = flags.kind ? { kind: flags.kind } : {};
  if (flags.all) return { all: true, ...kind };
  if (flags.to !== undefined) return { bytes: positive('--to', flags.to) * 1e6, ...kind };
  if (flags.olderThan !== undefined)
    return { olderThanDays: positive('--older-than', flags.olderThan), ...kind };
  throw new AppError('usage', 'say what to remove: --all, --to or --older-than', {
    doing: 'reading the options',
  });
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new AppError('usage', `${option} wants a number, not "${text}"`, { doing: 'reading the options' });
}

keepTalking();

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = exitCode(error);
  // Commander has already printed its own, and --help is no failure.
  if (!(error instanceof CommanderError)) process.stderr.write(`retake: ${errorText(error)}\n`);
}

function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  if (error instanceof Cancelled) return EXIT_CANCELLED;
  return error instanceof AppError && error.code === 'usage' ? EXIT_USAGE : EXIT_FAILED;
}

/** What leaves something to go on from, and how. */
function resuming(): string {
  const command = process.argv[2] ?? '';
  if (['edit', 'resume'].includes(command)) return ' "retake resume" goes on from here.';
  return ['export', 'batch'].includes(command) ? ' The same command goes on from here.' : '';
}

function errorText(error: unknown): string {
  if (error instanceof Cancelled) return `cancelled.${resuming()}`;
  if (error instanceof AppError || !(error instanceof Error)) return errorLine(error);
  return `${errorLine(error)}\n${error.stack ?? ''}`;
}
