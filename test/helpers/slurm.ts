/**
 * A cluster of slurmd nodes on this machine, in user space: its own munge key and socket, ports that are free, no systemd and no
 * cgroups. Each node is a slurmd with a name; its jobs are processes of this machine.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PROGRAMS = ['/usr/sbin/slurmctld', '/usr/sbin/slurmd', '/usr/sbin/munged', '/usr/bin/sbatch'];

/** Whether slurmctld, slurmd, slurm-client and munge are installed. */
export const hasSlurm = PROGRAMS.every((path) => existsSync(path));

export interface Cluster extends AsyncDisposable {
  /** For the programs of Slurm: SLURM_CONF. */
  readonly env: Readonly<Record<string, string>>;
  /** What a program of Slurm says; throws what it complains of. */
  ask(program: string, ...args: readonly string[]): string;
  /** Ends a node with all that runs on it, as a machine that loses its power. */
  kill(node: string): void;
  /** Ends a node's slurmd alone: nobody hears of it, and what runs there goes on. */
  cutOff(node: string): void;
  /** A node that was ended is there again. */
  revive(node: string): void;
  /** Tasks that were given back wait two minutes, in which what ails a node may pass: they may start now. */
  letGo(): void;
  /** Of slurmctld and all nodes, for a test that has failed. */
  logs(): string;
}

export interface ClusterOptions {
  readonly nodes: readonly string[];
  readonly maxArraySize?: number;
  /** Processors of each node: as many jobs run there at once. */
  readonly cpus?: number;
}

/** @throws Error with the logs where the cluster is not up within three minutes */
export async function startCluster({
  nodes,
  maxArraySize = 1001,
  cpus = 1,
}: ClusterOptions): Promise<Cluster> {
  // Sockets have short names.
  const home = mkdtempSync(join(tmpdir(), 'retake-slurm-'));
  const conf = join(home, 'slurm.conf');
  const env = { SLURM_CONF: conf };
  const children = new Map<string, ChildProcess>();
  const start = (name: string, program: string, args: readonly string[]) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'ignore', detached: true });
    children.set(name, child);
  };
  const ports = await freePorts(nodes.length + 1);
  mkdirSync(join(home, 'state'));
  mkdirSync(join(home, 'log'));
  mkdirSync(join(home, 'munge'), { mode: 0o755 });
  writeFileSync(join(home, 'munge.key'), randomBytes(128), { mode: 0o400 });
  writeFileSync(conf, configuration({ home, nodes, ports, maxArraySize, cpus }));

  const ask = (program: string, ...args: readonly string[]) => {
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
    if (error) throw error;
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const cluster: Cluster = {
    env,
    ask,
    cutOff: (node) => endHard(children.get(node)),
    revive: (node) => start(node, '/usr/sbin/slurmd', ['-D', '-N', node, '-f', conf]),
    kill(node) {
      endHard(children.get(node));
      // Once more for what they have started meanwhile.
      for (let left = processesOf(node, conf); left.length > 0; left = processesOf(node, conf)) {
        for (const pid of left) endPid(pid);
      }
    },
    letGo() {
      for (const line of ask('squeue', '-h', '-r', '-t', 'pending', '-o', '%i %r').split('\n')) {
        const [id, reason] = line.split(' ');
        // `release` does not: it is the time at which they may begin that holds them.
        if (reason === 'BeginTime') ask('scontrol', 'update', `JobId=${id}`, 'StartTime=now');
      }
    },
    logs: () =>
      readdirSync(join(home, 'log'))
        .map((name) => `== ${name}\n${readFileSync(join(home, 'log', name), 'utf8').slice(-6000)}`)
        .join('\n'),
    async [Symbol.asyncDispose]() {
      for (const node of nodes) cluster.kill(node);
      for (const child of children.values()) endHard(child);
      for (const child of children.values()) while (isAlive(child)) await sleep(20);
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  try {
    const at = (name: string) => join(home, name);
    start('munged', '/usr/sbin/munged', [
      ...['--foreground', '--force', `--key-file=${at('munge.key')}`, `--socket=${at('munge/socket')}`],
      ...[
        `--pid-file=${at('munge/pid')}`,
        `--log-file=${at('log/munged.log')}`,
        `--seed-file=${at('munge/seed')}`,
      ],
    ]);
    await until(() => existsSync(at('munge/socket')));
    start('slurmctld', '/usr/sbin/slurmctld', ['-D', '-f', conf]);
    for (const node of nodes) start(node, '/usr/sbin/slurmd', ['-D', '-N', node, '-f', conf]);
    await until(() => {
      try {
        return ask('sinfo', '-h', '-N', '-o', '%T')
          .trim()
          .split('\n')
          .every((state) => state === 'idle');
      } catch {
        return false;
      }
    });
    return cluster;
  } catch (error) {
    const logs = cluster.logs();
    await cluster[Symbol.asyncDispose]();
    throw new Error(logs, { cause: error });
  }
}

interface Plan {
  readonly home: string;
  readonly nodes: readonly string[];
  readonly ports: readonly number[];
  readonly maxArraySize: number;
  readonly cpus: number;
}

function configuration({ home, nodes, ports, maxArraySize, cpus }: Plan): string {
  const host = hostname().split('.')[0];
  const { username } = userInfo();
  return `${[
    'ClusterName=retake',
    `SlurmctldHost=${host}(127.0.0.1)`,
    `SlurmctldPort=${ports[0]}`,
    `SlurmUser=${username}`,
    `SlurmdUser=${username}`,
    'AuthType=auth/munge',
    `AuthInfo=socket=${home}/munge/socket`,
    'CredType=cred/munge',
    `StateSaveLocation=${home}/state`,
    `SlurmdSpoolDir=${home}/spool-%n`,
    `SlurmctldPidFile=${home}/ctld.pid`,
    `SlurmdPidFile=${home}/%n.pid`,
    `SlurmctldLogFile=${home}/log/slurmctld.log`,
    `SlurmdLogFile=${home}/log/%n.log`,
    'ProctrackType=proctrack/pgid',
    'TaskPlugin=task/none',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_Core',
    'SlurmdParameters=config_overrides',
    'ReturnToService=2',
    'MpiDefault=none',
    'JobAcctGatherType=jobacct_gather/none',
    'AccountingStorageType=accounting_storage/none',
    'SchedulerType=sched/backfill',
    'SlurmctldTimeout=30',
    // A node is given up after this many seconds of silence.
    'SlurmdTimeout=10',
    'KillWait=5',
    `MaxArraySize=${maxArraySize}`,
    ...nodes.map(
      (node, index) =>
        `NodeName=${node} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${ports[index + 1]} CPUs=${cpus} State=UNKNOWN`,
    ),
    'PartitionName=farm Nodes=ALL Default=YES MaxTime=INFINITE State=UP',
  ].join('\n')}\n`;
}

/** What runs on this node of this cluster: jobs know it by their environment, and who started them is its slurmstepd. */
function processesOf(node: string, conf: string): number[] {
  const read = (pid: number, file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch {
      return ''; // it has just ended, or is somebody else's
    }
  };
  const jobs = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const env = read(pid, 'environ').split('\0');
      return env.includes(`SLURMD_NODENAME=${node}`) && env.includes(`SLURM_CONF=${conf}`);
    });
  const parents = jobs.map((pid) => Number(/^PPid:\s*(\d+)/m.exec(read(pid, 'status'))?.[1]));
  const steps = parents.filter((pid) => pid > 1 && read(pid, 'comm').startsWith('slurmstepd'));
  return [...new Set([...steps, ...jobs])];
}

function endPid(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

function endHard(child: ChildProcess | undefined): void {
  if (child?.pid !== undefined && isAlive(child)) child.kill('SIGKILL');
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null && child.pid !== undefined;
}

async function until(there: () => boolean): Promise<void> {
  for (const end = Date.now() + 180_000; !there(); await sleep(100)) {
    if (Date.now() > end) throw new Error('the cluster is not up');
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}
