/** A network of its own for a command: nothing can be reached, and the kernel counts who tried. */
import { spawn, spawnSync } from 'node:child_process';

/** Where the system lets us make one. */
export const canHaveOwnNetwork = spawnSync('unshare', ['-rn', 'true']).status === 0;

export interface Offline {
  readonly code: number | null;
  readonly output: string;
  /** Packets and connections that found no way out; a look-up of a name is at least one. */
  readonly attempts: number;
}

export function offline(command: readonly string[], env: NodeJS.ProcessEnv): Promise<Offline> {
  // The namespace is gone with its last process, so the counter is read inside.
  const script = '"$@"; code=$?; grep "^Ip: " /proc/net/snmp; exit $code';
  const child = spawn('unshare', ['-rn', 'sh', '-c', script, 'sh', ...command], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let counters = '';
  child.stdout.on('data', (text) => {
    counters += text;
  });
  child.stderr.on('data', (text) => {
    output += text;
  });
  return new Promise((resolve) =>
    child.on('close', (code) =>
      resolve({ code, output: counters + output, attempts: outNoRoutes(counters) }),
    ),
  );
}

/** Column of the table by its heading (RFC 4293: ipSystemStatsOutNoRoutes). */
function outNoRoutes(table: string): number {
  const [names, values] = table
    .split('\n')
    .filter((line) => line.startsWith('Ip: '))
    .map((line) => line.split(' '));
  return Number(values?.[names?.indexOf('OutNoRoutes') ?? -1]);
}
