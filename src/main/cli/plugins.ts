/** `retake plugin ls, info, install, …`: looks after what is installed. What a plugin asks for is shown before it is. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import prettyBytes from 'pretty-bytes';
import type { PluginEntry, PluginLook } from '../../common/contract/plugins.ts';
import { AppError, Cancelled } from '../../common/errors.ts';
import { contributionsOf, type Manifest } from '../../common/plugins/manifest.ts';
import { permissionLines } from '../../common/plugins/permissions.ts';
import { TIERS } from '../../common/plugins/tiers.ts';
import type { Engine } from './engine.ts';
import { table } from './text.ts';

interface Terminal {
  withEngine<Result>(task: (engine: Engine) => Promise<Result>): Promise<Result>;
  print(text: string): void;
}

/** @param plugin the command whose others are for those who write plugins */
export function addPluginCommands(plugin: Command, { withEngine, print }: Terminal): void {
  plugin
    .command('ls')
    .alias('list')
    .option('--json', 'print JSON')
    .description('List the plugins that are installed, and why one does not run.')
    .action(async ({ json }: { json?: boolean }) => {
      const entries = await withEngine((engine) => engine.call('plugins.list', null));
      print(json ? JSON.stringify(entries, null, 2) : listText(entries));
    });

  plugin
    .command('info')
    .argument('<plugin>', 'the id of one that is installed, or a .zip or folder')
    .option('--json', 'print JSON')
    .description(
      'Say what a plugin is, what it adds, what it asks for and what it printed last, without running it.',
    )
    .action(async (named: string, { json }: { json?: boolean }) => {
      const told = await withEngine(async (engine) => {
        const entry = (await engine.call('plugins.list', null)).find(({ id }) => id === named);
        if (entry) {
          const { text } = await engine.call('plugins.log', { id: entry.id });
          return json ? { ...entry, log: text } : `${entryText(entry)}${printedText(text)}`;
        }
        if (!existsSync(named)) throw missing(named);
        const look = await engine.call('plugins.look', { path: resolve(named) });
        return json ? look : lookText(look);
      });
      print(typeof told === 'string' ? told : JSON.stringify(told, null, 2));
    });

  const install = (name: 'install' | 'update', description: string) =>
    plugin
      .command(name)
      .argument('<path>', 'a .zip or a folder')
      .option('-y, --yes', 'agree to what it asks for without being asked')
      .description(description)
      .action(async (path: string, { yes = false }: { yes?: boolean }) => {
        await withEngine(async (engine) => {
          const look = await engine.call('plugins.look', { path: resolve(path) });
          const { manifest, consent, problems } = look;
          const doing = `installing ${manifest.name}`;
          if (problems[0] !== undefined) throw new AppError('plugin-invalid', problems[0], { doing });
          if (name === 'update' && look.change === 'new') throw missing(manifest.id);
          process.stderr.write(`${lookText(look)}\n`);
          if (!yes) await requireConsent(look, doing);
          await engine.call('plugins.install', { path: resolve(path), consent });
          print(`${manifest.id} ${manifest.version}`);
        });
      });
  install('install', 'Install a plugin, or put another version in its place.');
  install('update', 'Put another version in the place of a plugin that is installed.');

  plugin
    .command('remove')
    .argument('<id>')
    .description('Delete a plugin. Takes that were made with it stay, and projects that use it open.')
    .action(async (id: string) => {
      await withEngine((engine) => engine.call('plugins.remove', { id }));
    });

  for (const on of [true, false]) {
    plugin
      .command(on ? 'enable' : 'disable')
      .argument('<id>')
      .description(
        on
          ? 'Switch a plugin on, also one that Retake switched off because it failed.'
          : 'Switch a plugin off; it stays installed.',
      )
      .action(async (id: string) => {
        const entries = await withEngine((engine) => engine.call('plugins.enable', { id, on }));
        const [problem] = entries.find((one) => one.id === id)?.problems ?? [];
        if (on && problem !== undefined) process.stderr.write(`retake: it does not run yet: ${problem}\n`);
      });
  }

  plugin
    .command('dev')
    .argument('<folder>')
    .option('--off', 'stop; the folder stays')
    .description('Run a plugin where it lies while you make it; "reload" starts it anew after a change.')
    .action(async (folder: string, { off = false }: { off?: boolean }) => {
      const path = resolve(folder);
      const entries = await withEngine((engine) => engine.call('plugins.develop', { path, on: !off }));
      const entry = entries.find((one) => one.path === path);
      if (entry) print(entryText(entry));
    });

  plugin
    .command('reload')
    .argument('<id>', 'of one that runs from a developer folder')
    .description('Start a developer folder anew as it lies there now, in every Retake that is open.')
    .action(async (id: string) => {
      const entries = await withEngine((engine) => engine.call('plugins.reload', { id }));
      const entry = entries.find((one) => one.id === id);
      if (entry) print(entryText(entry));
    });
}

/** @throws Cancelled, or AppError usage where nobody can be asked */
async function requireConsent({ change, asks }: PluginLook, doing: string): Promise<void> {
  // What was agreed to once, and no more of it, needs no second word; an older version does.
  if (asks.length === 0 && (change === 'update' || change === 'same')) return;
  if (!process.stdin.isTTY) {
    throw new AppError('usage', 'nobody can be asked here', { doing, hint: 'Read the above and add --yes.' });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(
      change === 'downgrade' ? 'Go back to it? [y/N] ' : 'Install it? [y/N] ',
    );
    if (!/^y(es)?$/i.test(answer.trim())) throw new Cancelled();
  } finally {
    terminal.close();
  }
}

function missing(id: string): AppError {
  return new AppError('plugin-missing', `${id} is not installed`, {
    doing: 'finding the plugin',
    hint: 'See "retake plugin ls".',
  });
}

/** Lines; all of it is in the answer as JSON. */
const MOST_PRINTED = 100;

function listText(entries: readonly PluginEntry[]): string {
  if (entries.length === 0) return 'There is none yet. See "retake plugin install --help".';
  return table(entries.map((one) => [one.id, one.version, one.name, stateText(one)]));
}

function stateText({ on, disabled, developer, problems }: PluginEntry): string {
  const where = developer ? 'developer folder' : '';
  if (disabled !== null) return [where, `switched off by Retake: ${disabled}`].filter(Boolean).join(', ');
  return [where, on ? 'on' : 'off', ...problems].filter(Boolean).join(', ');
}

function entryText(entry: PluginEntry): string {
  const { id, manifest, path } = entry;
  const asks = manifest ? permissionLines(manifest.permissions) : [];
  return [
    ...(manifest ? aboutText(manifest) : [id]),
    ...asks.map((line) => `  ${line}`),
    `  ${path}`,
    `  ${stateText(entry)}`,
  ].join('\n');
}

function printedText(text: string): string {
  if (text === '') return '';
  const lines = text.trimEnd().split('\n');
  const more = lines.length - MOST_PRINTED;
  const shown = more > 0 ? [`(${more} lines before)`, ...lines.slice(more)] : lines;
  return ['', '  It printed last:', ...shown.map((line) => `    | ${line}`)].join('\n');
}

function lookText({ manifest, files, bytes, installed, change, asks, problems }: PluginLook): string {
  const other = installed
    ? [
        `  ${CHANGES[change]} ${installed.version}${installed.author === manifest.author ? '' : ` by ${installed.author}`}`,
      ]
    : [];
  return [
    ...aboutText(manifest),
    `  ${files} files, ${prettyBytes(bytes)}`,
    ...other,
    ...(asks.length > 0 ? ['  It asks for:', ...asks.map((line) => `    ${line}`)] : []),
    ...problems.map((line) => `  It cannot be installed: ${line}`),
  ].join('\n');
}

const CHANGES: Readonly<Record<PluginLook['change'], string>> = {
  new: 'in the place of',
  update: 'newer than the installed',
  same: 'as installed:',
  downgrade: 'OLDER than the installed',
};

function aboutText(manifest: Manifest): string[] {
  const { name, version, author, license, id, summary, tier } = manifest;
  const adds = contributionsOf(manifest).map(({ kind, label }) => `${label} (${kind})`);
  return [
    `${name} ${version} by ${author} (${license}), ${id}`,
    `  ${summary}`,
    `  ${TIERS[tier].name}. ${TIERS[tier].note}`,
    `  adds ${adds.join(', ')}`,
  ];
}
