import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../helpers/temp-folder.ts';

const TRANSPORT = new URL('../../src/main/engine/transport.ts', import.meta.url).href;

/** Too busy to notice that its parent has gone, it goes on telling; then it ends in order. */
const CHILD = `
  import { parentTransport } from ${JSON.stringify(TRANSPORT)};
  const transport = parentTransport();
  transport.onClose(() => setTimeout(() => process.exit(7), 200));
  transport.send('here');
  setTimeout(() => {
    const until = Date.now() + 500;
    while (Date.now() < until);
    for (let i = 0; i < 50; i += 1) transport.send('x'.repeat(10_000));
  }, 50);
`;

test('an event for a parent that has just gone does not keep the engine from ending in order', async () => {
  const file = join(tempFolder(), 'child.ts');
  writeFileSync(file, CHILD);
  const child = fork(file, [], { execArgv: [], stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  let complaint = '';
  child.stderr!.on('data', (chunk) => {
    complaint += String(chunk);
  });
  const code = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve) => child.once('message', resolve));
  setTimeout(() => child.disconnect(), 150);
  expect([await code, complaint]).toEqual([7, '']);
});
