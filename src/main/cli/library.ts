/** `retake library`: what there is to render with, from a terminal. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import prettyBytes from 'pretty-bytes';
import {
  type DownloadProgress,
  LIBRARY_KINDS,
  type LibraryEntry,
  type LibraryKind,
  type WatchedFolder,
} from '../../common/contract/library.ts';
import { STANDARD_ENDPOINT, SUGGESTIONS } from '../../common/suggested-models.ts';
import type { Engine } from './engine.ts';
import { createProgressView } from './progress.ts';
import { table } from './text.ts';

interface Terminal {
  withEngine<Result>(task: (engine: Engine) => Promise<Result>): Promise<Result>;
  print(text: string): void;
}

const EXIT_FAILED = 1;

export function addLibraryCommands(retake: Command, { withEngine, print }: Terminal): void {
  const library = retake
    .command('library')
    .description('Look after models, LoRAs, ControlNets and embeddings, as the desktop does.');

  library
    .command('list')
    .addOption(new Option('--kind <kind>', 'only of this kind').choices(LIBRARY_KINDS))
    .option('--json', 'print JSON')
    .description('List what there is: the default model has a star.')
    .action(async ({ kind = null, json }: { kind?: LibraryKind | null; json?: boolean }) => {
      const { entries, folders } = await withEngine(async (engine) => ({
        entries: await engine.call('library.list', { kind, settled: true }),
        folders: await engine.call('library.folders', null),
      }));
      if (json) print(JSON.stringify({ entries, folders }, null, 2));
      else print(listText(entries, kind === null ? folders : []));
    });

  library
    .command('add')
    .argument(
      '<paths...>',
      '.safetensors files, folders of models, or folders with models in them, which are watched',
    )
    .description('Add files, models and watched folders (of ComfyUI or A1111, for instance).')
    .action(async (paths: readonly string[]) => {
      await withEngine(async (engine) => {
        for (const path of paths.map((one) => resolve(one))) {
          const entries = await engine.call('library.add', { path });
          const added = entries.find((one) => one.path === path);
          print(
            added
              ? `${added.name}: ${[kindWords[added.kind], added.what].filter(Boolean).join(', ')}`
              : `${path} is watched`,
          );
        }
      });
    });

  library
    .command('remove')
    .argument('<path>')
    .description('Take an entry or a watched folder off the list; the files stay.')
    .action(async (path: string) => {
      await withEngine((engine) => engine.call('library.remove', { path: resolve(path) }));
    });

  library
    .command('default')
    .argument('<model>')
    .description('Choose the model that the desktop renders with where a project names none.')
    .action(async (path: string) => {
      await withEngine((engine) => engine.call('library.setDefault', { path: resolve(path) }));
    });

  const inspect = (command: Command) =>
    command
      .command('inspect')
      .argument('<model>', "a model's folder or file")
      .option('--json', 'print JSON')
      .description('Say what a model holds: parts, shapes, digests, memory.')
      .action(async (dir: string, flags: { json?: boolean }) => {
        const found = await withEngine((engine) => engine.call('bundle.inspect', { dir: resolve(dir) }));
        print(flags.json ? JSON.stringify(found.report, null, 2) : found.text);
        if (found.report.defects.length > 0) process.exitCode = EXIT_FAILED;
      });
  inspect(library);
  // The name from when every model was a bundle of ONNX graphs.
  inspect(retake.command('bundle').description('Work with models; "retake library" does more.'));

  library
    .command('facts')
    .argument('<path>', 'an entry of the list')
    .description(
      'Say what a LoRA, ControlNet, embedding or model of the list is: rank, trigger words, licence.',
    )
    .action(async (file: string) => {
      const path = resolve(file);
      const { facts, words } = await withEngine(async (engine) => {
        await engine.call('library.list', { kind: null, settled: true });
        return engine.call('library.facts', { path });
      });
      const rows = words.length > 0 ? [...facts, ['Trigger words', words.join(', ')] as const] : facts;
      print(table(rows));
    });

  library
    .command('download')
    .argument('[repository]', 'owner/name; without it, a few to begin with are listed')
    .option('--server <address>', 'where it is', STANDARD_ENDPOINT)
    .option('--into <folder>', 'in a ComfyUI or A1111 folder it goes where that looks for it', '.')
    .option('--file <path>', 'one .safetensors file of it')
    .option('--revision <name>', 'branch or version', 'main')
    .option('--look', 'only say what would be fetched')
    .description('Fetch from a model repository; started again, it goes on where it was.')
    .action(async (repository: string | undefined, flags: DownloadFlags) => {
      if (repository === undefined) {
        print(table(SUGGESTIONS.map((one) => [one.repository, one.name, one.licence])));
        return;
      }
      const { server, into, file = null, revision, look } = flags;
      const source = { endpoint: server, repository, revision, file };
      await withEngine(async (engine) => {
        if (look) {
          const { kind, bytes, files, licence } = await engine.call('library.offer', source);
          const what = kind === null ? 'a file' : kindWords[kind];
          print(
            `${what}, ${prettyBytes(bytes)}, licence: ${licence ?? 'not told'}\n${files.map((one) => `  ${one}`).join('\n')}`,
          );
          return;
        }
        const before = new Set((await engine.call('library.list', { kind: null })).map(({ path }) => path));
        const view = createProgressView(process.stderr);
        engine.onEvent((event) => {
          if (event.kind === 'download') view.share(event.progress.file, shareOf(event.progress));
        });
        const stop = () => void engine.call('library.cancelDownload', null).catch(() => {});
        process.on('SIGINT', stop).on('SIGTERM', stop);
        try {
          const entries = await engine.call('library.download', { ...source, folder: resolve(into) });
          view.end();
          for (const { path } of entries) if (!before.has(path)) print(path);
        } finally {
          view.end();
        }
      });
    });
}

interface DownloadFlags {
  readonly server: string;
  readonly into: string;
  readonly file?: string;
  readonly revision: string;
  readonly look?: boolean;
}

function shareOf({ receivedBytes, totalBytes }: DownloadProgress): number {
  return totalBytes > 0 ? receivedBytes / totalBytes : 0;
}

const kindWords: Readonly<Record<LibraryKind, string>> = {
  model: 'model',
  lora: 'LoRA',
  controlnet: 'ControlNet',
  embedding: 'embedding',
  vae: 'VAE',
  estimator: 'estimator',
  other: 'other file',
};

function listText(entries: readonly LibraryEntry[], folders: readonly WatchedFolder[]): string {
  const ordered = LIBRARY_KINDS.flatMap((kind) => entries.filter((one) => one.kind === kind));
  const rows = ordered.map((one) => [
    one.isDefault ? '*' : '',
    kindWords[one.kind],
    one.name,
    one.what,
    one.bytes === null ? '' : prettyBytes(one.bytes),
    one.state === 'ready' ? one.path : (one.problems[0] ?? one.state),
  ]);
  const lines =
    rows.length === 0 ? ['There is nothing yet. See "retake library add --help".'] : [table(rows)];
  for (const { path, layout, state, found, notes } of folders) {
    lines.push(
      `watched: ${path} (${layout ? `${layout}, ` : ''}${state === 'missing' ? 'missing' : `${found} found`})`,
    );
    lines.push(...notes.map((note) => `  ${note}`));
  }
  return lines.join('\n');
}
