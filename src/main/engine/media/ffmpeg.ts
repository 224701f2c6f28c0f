/** Finds an ffmpeg and asks it once what it can do. */
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { AppError, Cancelled } from '../../../common/errors.ts';
import { FfmpegProcess } from './ffmpeg-process.ts';

export { FfmpegProcess, runFfmpeg } from './ffmpeg-process.ts';

export interface Ffmpeg {
  readonly path: string;
  readonly version: string;
  readonly encoders: ReadonlySet<string>;
  readonly decoders: ReadonlySet<string>;
  readonly filters: ReadonlySet<string>;
  /** Candidates tried before this one, and why each was refused. */
  readonly refused: readonly { readonly candidate: string; readonly reason: string }[];
}

const OLDEST = 'ffmpeg 5.1';
const OLDEST_AVUTIL: readonly [number, number] = [57, 28];
const ANSWER_MS = 20_000;
const ANSWER_BYTES = 1 << 24;

let resolved: Promise<Ffmpeg> | null = null;

/** The ffmpeg of this process: RETAKE_FFMPEG, ffmpeg-static, @ffmpeg-binary, PATH, in this order; found once. */
export function resolveFfmpeg(): Promise<Ffmpeg> {
  resolved ??= findFfmpeg(candidates(process.env)).catch((error: unknown) => {
    resolved = null;
    throw error;
  });
  return resolved;
}

export interface Candidate {
  readonly name: string;
  /** Null where the place holds no file at all. */
  readonly path: string | null;
}

function candidates(env: NodeJS.ProcessEnv): Candidate[] {
  const file = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  const onPath = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [
    ...(env.RETAKE_FFMPEG ? [{ name: 'RETAKE_FFMPEG', path: env.RETAKE_FFMPEG }] : []),
    { name: 'ffmpeg-static', path: packaged('ffmpeg-static', file) },
    { name: '@ffmpeg-binary', path: packaged(`@ffmpeg-binary/${process.platform}-${process.arch}`, file) },
    { name: 'PATH', path: onPath.map((folder) => join(folder, file)).find(isExecutable) ?? null },
  ];
}

function packaged(name: string, file: string): string | null {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    return join(folder.replace(/app\.asar(?=[\\/])/, 'app.asar.unpacked'), file);
  } catch {
    return null;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first candidate that runs and is new enough; throws ffmpeg-missing with the reason for each refusal. */
export async function findFfmpeg(
  list: readonly Candidate[],
  { answerMs = ANSWER_MS }: { readonly answerMs?: number } = {},
): Promise<Ffmpeg> {
  const refused: { candidate: string; reason: string }[] = [];
  for (const { name, path } of list) {
    const refuse = (reason: string) => refused.push({ candidate: path ? `${name} (${path})` : name, reason });
    if (path === null) refuse('not installed');
    else if (!isExecutable(path)) refuse('no such program');
    else {
      try {
        const found = await capabilities(path, answerMs);
        if (found) return { ...found, refused };
        refuse(`older than ${OLDEST}`);
      } catch (error) {
        refuse(`does not run: ${(error instanceof Error ? error.message : String(error)).split('\n')[0]}`);
      }
    }
  }
  const tried = refused.map(({ candidate, reason }) => `${candidate}: ${reason}`).join('; ');
  throw new AppError('ffmpeg-missing', `no usable ffmpeg was found (${tried})`, {
    doing: 'looking for ffmpeg',
    hint: `Install ${OLDEST} or newer, or set RETAKE_FFMPEG to its path.`,
  });
}

async function capabilities(path: string, answerMs: number): Promise<Omit<Ffmpeg, 'refused'> | null> {
  const ask = (what: string) => answer(path, what, answerMs);
  const banner = await ask('-version');
  const avutil = /^libavutil\s+(\d+)\.\s*(\d+)\./m.exec(banner);
  if (!avutil) throw new Error('it does not answer like ffmpeg');
  const [major, minor] = [Number(avutil[1]), Number(avutil[2])];
  if (major < OLDEST_AVUTIL[0] || (major === OLDEST_AVUTIL[0] && minor < OLDEST_AVUTIL[1])) return null;
  const tables = ['-encoders', '-decoders', '-filters'];
  const [encoders, decoders, filters] = await Promise.all(tables.map(ask));
  return {
    path,
    version: /^ffmpeg version (\S+)/m.exec(banner)?.[1] ?? `libavutil ${major}.${minor}`,
    encoders: parseTable(encoders!),
    decoders: parseTable(decoders!),
    filters: parseTable(filters!),
  };
}

/** What it prints, within reason: what stands at this path may be a script that hangs or prints for ever. */
async function answer(path: string, what: string, answerMs: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), answerMs);
  try {
    await using child = new FfmpegProcess({ path }, ['-hide_banner', what], {
      doing: 'looking for ffmpeg',
      signal: stop.signal,
      onOutput(chunk) {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > ANSWER_BYTES) stop.abort();
      },
    });
    const { code, tail } = await child.finished();
    if (code !== 0) throw new Error(tail.at(-1) ?? `it ended with code ${code}`);
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    throw new Error(bytes > ANSWER_BYTES ? 'it prints without end' : `no answer within ${answerMs / 1000} s`);
  } finally {
    clearTimeout(late);
  }
}

/** Names of the table that -encoders and -filters print: flags, name or names, description. */
export function parseTable(text: string): Set<string> {
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    const match = /^ [A-Z. |]{1,6} +(\S+) +\S/.exec(line);
    if (match && match[1] !== '=') for (const name of match[1]!.split(',')) names.add(name);
  }
  return names;
}

export function canToneMap(ffmpeg: Ffmpeg): boolean {
  return ffmpeg.filters.has('zscale') && ffmpeg.filters.has('tonemap');
}

/** @param what needs it */
export function requireFilter(ffmpeg: Ffmpeg, filter: string, what: string): void {
  if (ffmpeg.filters.has(filter)) return;
  throw new AppError(
    'encoder-missing',
    `this ffmpeg (${ffmpeg.path}) has no filter "${filter}", which ${what} needs`,
    {
      doing: 'preparing the take',
      hint: 'Choose another format, or point RETAKE_FFMPEG at a full build of ffmpeg.',
    },
  );
}

export function requireEncoder(ffmpeg: Ffmpeg, encoder: string): void {
  if (ffmpeg.encoders.has(encoder)) return;
  throw new AppError('encoder-missing', `this ffmpeg (${ffmpeg.path}) has no encoder "${encoder}"`, {
    doing: 'preparing the take',
    hint: 'Choose another format, or point RETAKE_FFMPEG at a full build of ffmpeg.',
  });
}
