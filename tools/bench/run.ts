/**
 * npm run bench: what the engine costs, in time and memory, as a table and JSON. Numbers are ratios within one run where they
 * can be, since machines are noisy; targets are printed beside them, and missing one fails nothing. Ends with 1 where a
 * measure could not be made.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '../../src/common/errors.ts';
import { duration } from '../../src/common/time/duration.ts';
import { table } from '../../src/main/cli/text.ts';
import { writeBetween } from '../benchmark/docs.ts';
import { chosen, type Outcome, rowsOf, runMeasures } from './measure.ts';
import { MEASURES } from './measures.ts';
import type { PeersData } from './peers/peers.ts';
import { peersTable } from './peers/table.ts';
import { progressOf } from './progress.ts';

const USAGE = `usage: npm run bench -- [options]
  --only ID,ID   these measures alone
  --all          those too that take long or much memory
  --list         what there is, and how long it takes
  --bundle DIR   the model that edits are made with, instead of a tiny one with random weights
  --docs         rewrite the comparison with PyTorch in docs/benchmark.md, where this run made it
  --out FILE     where the JSON goes (test-results/bench.json); written after every measure`;

function options() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string' },
        all: { type: 'boolean' },
        list: { type: 'boolean' },
        help: { type: 'boolean' },
        bundle: { type: 'string' },
        docs: { type: 'boolean' },
        out: { type: 'string', default: 'test-results/bench.json' },
      },
    }).values;
  } catch (error) {
    throw new AppError('usage', (error as Error).message, { doing: 'reading the options', hint: USAGE });
  }
}

/** The exit code. */
async function main(): Promise<number> {
  const { only, all, list, help, bundle, docs, out } = options();
  if (help) {
    console.log(USAGE);
    return 0;
  }
  if (list) {
    const rows = MEASURES.map((one) => [
      one.id,
      one.title,
      `${duration(one.seconds)}${one.memory ? `, ${(one.memory / 1e9).toFixed(0)} GB` : ''}`,
      one.default ? '' : 'with --all or --only',
    ]);
    console.log(table([['id', 'measures', 'takes', ''], ...rows]));
    return 0;
  }
  const measures = chosen(MEASURES, { only, all });
  const file = resolve(out);
  mkdirSync(dirname(file), { recursive: true });
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memory: totalmem(), node: process.version };
  const progress = progressOf(measures);
  let made: readonly Outcome[] = [];
  const conclude = () => {
    progress.end();
    console.log(table([['measure', 'value', 'target'], ...rowsOf(MEASURES, made)]));
    const failed = made.filter((one) => 'error' in one);
    for (const { id, error } of failed) console.error(`\n${id} failed: ${error}`);
    return failed.length > 0 ? 1 : 0;
  };
  process.once('SIGINT', () => {
    conclude();
    process.exit(130);
  });
  await runMeasures(measures, {
    bundle: bundle === undefined ? undefined : resolve(bundle),
    free: () => process.availableMemory(),
    begin: progress.begin,
    keep(outcomes) {
      made = outcomes;
      // Whole or not at all: whoever interrupts keeps what was measured.
      writeFileSync(`${file}.part`, `${JSON.stringify({ machine, measures: outcomes }, null, 2)}\n`);
      renameSync(`${file}.part`, file);
    },
  });
  const compared = made.flatMap((one) =>
    one.id.startsWith('peers') && 'data' in one ? ((one.data as PeersData[] | null) ?? []) : [],
  );
  if (docs && compared.length > 0) {
    writeBetween(resolve(import.meta.dirname, '../../docs/benchmark.md'), 'peers', peersTable(compared));
  }
  return conclude();
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  console.error(`bench: ${error.message}\n${error.hint}`);
  process.exitCode = 2;
}
