/** Before tests that run the built application: it is built from the present sources. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export function setup(): void {
  execFileSync(process.execPath, [join(import.meta.dirname, '../../tools/build.js')], { stdio: 'pipe' });
}
