/** `retake plugin new, test, pack`: for those who write plugins. */
import { basename, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import prettyBytes from 'pretty-bytes';
import {
  type KitCheck,
  type KitReport,
  type PackedPlugin,
  PLUGIN_KINDS,
  type PluginKind,
} from '../../common/contract/plugin-kit.ts';
import type { Engine } from './engine.ts';

interface Terminal {
  withEngine<Result>(task: (engine: Engine) => Promise<Result>): Promise<Result>;
  print(text: string): void;
}

const EXIT_FAILED = 1;

interface NewFlags {
  readonly kind: PluginKind;
  readonly id?: string;
  readonly from?: string;
}

/** @param plugin the command whose others look after installed plugins */
export function addPluginKitCommands(plugin: Command, { withEngine, print }: Terminal): void {
  plugin
    .command('new')
    .argument('<name>', 'the folder that is made')
    .addOption(new Option('--kind <kind>', 'what it adds').choices(PLUGIN_KINDS).makeOptionMandatory())
    .option('--id <id>', 'your domain backwards and a name: org.example.my-exporter')
    .option('--from <path>', 'the network or the model that it holds, for kinds estimator and model')
    .description('Make the folder of a plugin that works at once, to change into your own.')
    .action(async (name: string, { kind, id, from }: NewFlags) => {
      const path = resolve(name);
      const request = { path, kind, id: id ?? null, from: from === undefined ? null : resolve(from) };
      const made = await withEngine((engine) => engine.call('kit.create', request));
      const shown = made.files.filter((file) => !file.startsWith('.retake/')).map((file) => `  ${file}`);
      print(
        [`${made.id}, in ${made.path}`, ...shorter(shown), `Try it: retake plugin test ${name}`].join('\n'),
      );
    });

  plugin
    .command('test')
    .argument('<folder>')
    .option(
      '--record',
      'keep what it answers in its folder "recorded", instead of comparing with what lies there',
    )
    .option('--json', 'print the report as JSON')
    .description('Try all that a plugin promises, as Retake would use it, and pack it where all went well.')
    .action(async (folder: string, flags: { record?: boolean; json?: boolean }) => {
      const request = { path: resolve(folder), record: flags.record ?? false };
      const report = await withEngine((engine) => engine.call('kit.test', request));
      print(flags.json ? JSON.stringify(report, null, 2) : reportText(report));
      if (!report.passed) process.exitCode = EXIT_FAILED;
    });

  plugin
    .command('pack')
    .argument('<folder>')
    .description('Make the one file to hand on, NAME.zip beside the folder, without trying anything.')
    .action(async (folder: string) => {
      print(packedText(await withEngine((engine) => engine.call('kit.pack', { path: resolve(folder) }))));
    });
}

const SIGNS: Record<KitCheck['outcome'], string> = { passed: 'ok  ', failed: 'FAIL', left: '-   ' };

function reportText({ id, version, tier, checks, recorded, passed, packed }: KitReport): string {
  const failures = checks.filter(({ outcome }) => outcome === 'failed').length;
  const lines = checks.flatMap(({ what, outcome, said, printed }) => [
    `${SIGNS[outcome]} ${what}${said === '' ? '' : `: ${said}`}`,
    ...printed.map((line) => `       | ${line}`),
  ]);
  const kept = recorded.written > 0 ? [`${recorded.written} calls were written to recorded/`] : [];
  const replayed = recorded.replayed > 0 ? [`${recorded.replayed} recorded calls were made again`] : [];
  const end = passed ? 'All of it works.' : `${failures} of ${checks.length} failed; nothing is packed.`;
  return [
    `${id} ${version}, tier ${tier}`,
    ...lines,
    ...replayed,
    ...kept,
    end,
    ...(packed ? [packedText(packed)] : []),
  ].join('\n');
}

function packedText({ path, bytes, files, left }: PackedPlugin): string {
  return [
    `${path}: ${prettyBytes(bytes)}, ${files.length} files`,
    ...shorter(files.map((file) => `  ${file}`)),
    ...(left.length > 0 ? [`Not in it: ${left.join(', ')}`] : []),
    `Install it: retake plugin install ${basename(path)}`,
  ].join('\n');
}

/** A model has many files. */
function shorter(lines: readonly string[], most = 20): readonly string[] {
  return lines.length <= most
    ? lines
    : [...lines.slice(0, most - 1), `  and ${lines.length - most + 1} more`];
}
