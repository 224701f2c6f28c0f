/**
 * Stands for `farm run-task` where only who runs it is tried: brings what a task would, in the folder's form. `behaviour.json` in
 * the folder says by task and turn how else it goes: an exit code, "hangs" (until SIGTERM, then 75), "crashes".
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(
    ['step', 'first', 'last', 'attempt', 'map', 'models'].map((name) => [
      name,
      { type: 'string', multiple: name === 'map' },
    ]),
  ),
});
const folder = positionals.at(-1);
const { step, first, last, attempt } = values;
const name = first === last ? `${step}-${first}` : `${step}-${first}-${last}`;
writeFileSync(join(folder, 'ran.txt'), `${name} ${attempt.split('-')[0]} ${(values.map ?? []).join()}\n`, {
  flag: 'a',
});
const behaviour = existsSync(join(folder, 'behaviour.json'))
  ? (JSON.parse(readFileSync(join(folder, 'behaviour.json'), 'utf8'))[name] ?? [])
  : [];
const how = behaviour[Number.parseInt(attempt, 10) - 1] ?? 0;

console.log('openjd_status: rendering');
console.log('openjd_progress: 50.0');
if (how === 'crashes') process.kill(process.pid, 'SIGKILL');
if (how === 'hangs') {
  process.on('SIGTERM', () => process.exit(75));
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}
if (how !== 0) {
  console.log(`openjd_fail: it ends with ${how}`);
  process.exit(how);
}
const shot = (number) => join(folder, 'shots', String(number).padStart(4, '0'));
if (step === 'assemble') writeFileSync(join(folder, 'assembled.json'), '{}');
else if (step === 'render') {
  mkdirSync(join(shot(first), 'take'), { recursive: true });
  writeFileSync(join(shot(first), 'take', 'take.json'), '{}');
} else {
  const { units } = JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8'));
  mkdirSync(join(shot(units[first - 1].shot), 'artefacts', first === last ? first : `${first}-${last}`), {
    recursive: true,
  });
}
