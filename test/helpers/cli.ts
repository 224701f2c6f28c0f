/** Runs the built `retake` as a real process, and looks after what it leaves behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TakeReport } from '../../src/common/report.ts';
import { ARTEFACT_MIGRATIONS } from '../../src/main/engine/artefacts/store.ts';
import { resolveFfmpeg, runFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { ffmpegDoes } from './clips.ts';
import { openDatabase } from './open-database.ts';
import { type TinyBundleOptions, writeTinyBundle } from './tiny-bundle.ts';

const root = resolve(import.meta.dirname, '../..');
const installedNode = join(root, 'node_modules/node/bin/node');
const node = existsSync(installedNode) ? installedNode : process.execPath;
export const CLI = join(root, 'out/main/cli.js');

/** A folder with a data folder (RETAKE_HOME), a folder for takes, and a bundle of random weights. */
export interface World extends Disposable {
  readonly dir: string;
  readonly home: string;
  readonly out: string;
  readonly bundle: string;
}

export async function makeWorld(bundle: TinyBundleOptions = {}): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'retake-test-'));
  const out = join(dir, 'takes');
  mkdirSync(out);
  return {
    dir,
    home: join(dir, 'home'),
    out,
    bundle: await writeTinyBundle(join(dir, 'bundle'), bundle),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

export interface MovingClip {
  readonly size?: string;
  readonly rate?: number;
  readonly frames?: number;
  readonly sound?: boolean;
}

/** A BT.709 clip no two pictures of which are alike, with a tone. */
export async function movingClip(path: string, options: MovingClip = {}): Promise<string> {
  const { size = '64x48', rate = 12, frames = 24, sound = true } = options;
  const picture = `geq=r='mod(4*X+9*N,256)':g='mod(5*Y+5*N,256)':b=128,format=yuv420p`;
  const tags = 'setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv';
  const source = `nullsrc=s=${size}:r=${rate},format=gbrp,${picture},${tags}`;
  const tone = ['-f', 'lavfi', '-i', 'sine=r=48000'];
  const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'pcm_s16le'];
  const input = ['-f', 'lavfi', '-i', source, ...(sound ? tone : [])];
  await ffmpegDoes(...input, '-t', `${frames / rate}`, ...codec, path);
  return path;
}

/** The arguments of a quick edit; later options win. */
export function edit(world: Pick<World, 'bundle'>, clip: string, out: string, ...more: string[]): string[] {
  const prompts = ['--source-prompt', 'a red car', '--prompt', 'a white swan'];
  const quick = ['--steps', '3', '--refinement', '0', '--provider', 'cpu'];
  return ['edit', clip, '--bundle', world.bundle, ...prompts, ...quick, '--out', out, ...more];
}

export interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly ended: Promise<Run>;
  /** Resolves when stderr holds the pattern; rejects when the process ends without. */
  says(pattern: RegExp): Promise<void>;
  enginePid(): number;
}

export interface CliOptions {
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function startRetake(args: readonly string[], { home, env }: CliOptions): RunningCli {
  const child = spawn(node, [CLI, ...args], {
    env: { ...process.env, RETAKE_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const listener of listeners) listener();
  });
  const ended = new Promise<Run>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
  return {
    child,
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!pattern.test(stderr)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`it never said ${pattern}:\n${stderr}`)));
      }),
    enginePid() {
      const pid = childrenOf(child.pid!)[0];
      if (pid === undefined) throw new Error('there is no engine');
      return pid;
    },
  };
}

export function retake(args: readonly string[], options: CliOptions): Promise<Run> {
  return startRetake(args, options).ended;
}

/** Runs an edit or a resume that must succeed. */
export async function reportOf(args: readonly string[], options: CliOptions): Promise<TakeReport> {
  const run = await retake([...args, '--json'], options);
  if (run.code !== 0) throw new Error(`exit ${run.code}\n${run.stderr}`);
  return JSON.parse(run.stdout) as TakeReport;
}

/** What it said beside the progress lines. */
export function messages(stderr: string): string[] {
  return stderr.split('\n').filter((line) => line !== '' && !/^[█░ ]*\d+ %/.test(line));
}

/** Direct children, by Linux's own list. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

/** Living processes that were started with this data folder: command line, engine, ffmpeg. */
export function processesOf(home: string): string[] {
  const wanted = `RETAKE_HOME=${home}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(wanted);
      } catch {
        return false;
      }
    });
}

/** Waits until nothing runs any more; fails after `seconds`. */
export async function allGone(home: string, seconds = 10): Promise<void> {
  for (const began = performance.now(); processesOf(home).length > 0; ) {
    if (performance.now() - began > seconds * 1000) throw new Error(`still running: ${processesOf(home)}`);
    await sleep(20);
  }
}

/** Everything below a folder, hidden files too: name → digest of its bytes. */
export function filesBelow(dir: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(dir, name);
    if (statSync(path).isFile()) found[name] = sha256(readFileSync(path));
  }
  return found;
}

/** ffmpeg's digest of every decoded picture and of the sound. */
export async function decodedDigests(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  const args = ['-v', 'error', '-i', path, '-map', '0:v', '-map', '0:a?', '-f', 'framemd5', '-'];
  const onOutput = (chunk: Buffer) => chunks.push(chunk);
  const { code } = await runFfmpeg(await resolveFfmpeg(), args, { doing: 'hashing a take', onOutput });
  if (code !== 0) throw new Error(`${path} does not decode`);
  return Buffer.concat(chunks).toString();
}

/** Key → digest of the bits of every inverted latent in a data folder's cache. */
export function cachedLatents(home: string): Record<string, string> {
  const db = openDatabase(join(home, 'cache.sqlite'), {
    migrations: ARTEFACT_MIGRATIONS,
    label: 'the cache',
  });
  try {
    const query = `SELECT key, data FROM artefacts JOIN contents USING (id) WHERE kind = 'inversion' ORDER BY key`;
    const rows = db.prepare<[], { key: string; data: Buffer }>(query).all();
    return Object.fromEntries(rows.map(({ key, data }) => [key, sha256(data)]));
  } finally {
    db.close();
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
