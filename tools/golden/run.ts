/** npm run golden -- DIR [--bundles DIR] [--only NAME] [--attention exact|fused] */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { errorLine } from '../../src/common/errors.ts';
import { table } from './compare.ts';
import { runGolden } from './golden.ts';

const USAGE = 'usage: npm run golden -- DIR [--bundles DIR] [--only NAME] [--attention exact|fused]';

const attentionAsked = z.enum(['exact', 'fused']);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { bundles: { type: 'string' }, only: { type: 'string' }, attention: { type: 'string' } },
  });
  const [dir, ...rest] = positionals;
  if (dir === undefined || rest.length > 0) {
    console.error(USAGE);
    return 1;
  }
  const { attention = 'exact', ...options } = values;
  const rows = await runGolden(dir, { ...options, attention: attentionAsked.parse(attention) });
  if (rows.length === 0) {
    console.error(`no golden case below ${dir}`);
    return 1;
  }
  console.log(table(rows));
  const count = (status: string) => rows.filter((row) => row.status === status).length;
  console.log(`\n${count('pass')} passed, ${count('fail')} failed, ${count('not covered')} not covered`);
  return count('fail') > 0 ? 1 : 0;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(errorLine(error));
  return 1;
});
