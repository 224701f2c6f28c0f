/** A take as it lies on the disk, with what its report says of it, and the clip that it was made of. */
import { existsSync, realpathSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError, Cancelled } from '../../../common/errors.ts';
import { isPictures } from '../../../common/formats/format.ts';
import { FORMATS, TAKE_FORMATS } from '../../../common/formats/registry.ts';
import type { ClipInfo, Fit } from '../../../common/media.ts';
import { WEIGHTINGS } from '../../../common/prompts/prompt.ts';
import { runOfPattern } from '../../../common/sequence.ts';
import { groupsOfFlat } from '../../../common/settings/flat.ts';
import { withPlainBrackets } from '../../../common/settings/plain-brackets.ts';
import { fitCanvas } from '../media/fit.ts';
import { probeClip } from '../media/probe.ts';
import { filesOfClip } from '../media/sequence.ts';
import { planTarget } from '../media/target.ts';
import { reportPath } from '../report-file.ts';

const whole = z.int().min(0);
const rational = z.object({ num: z.int().min(1), den: z.int().min(1) });
const side = z.int().min(1);
const fit = z.object({
  sourceWidth: side,
  sourceHeight: side,
  contentWidth: side,
  contentHeight: side,
  width: side,
  height: side,
  left: whole,
  top: whole,
});

/** The part of a report that is read here. It may be of an older version, or come from anybody. */
const reportOfTake = z.object({
  retake: z.string(),
  job: z.string(),
  take: z.object({
    path: z.string(),
    format: z.enum(TAKE_FORMATS).catch('png'),
    frames: side,
    rate: rational,
    width: side,
    height: side,
    audioStreams: whole.default(0),
  }),
  clip: z.object({
    path: z.string(),
    frames: side,
    width: side,
    height: side,
    rate: rational,
    timecode: z.string().nullable().default(null),
  }),
  range: z.object({ start: whole, end: side }),
  made: z.array(whole).default([]),
  canvas: fit.nullable().default(null),
  settings: z
    .object({
      prompts: z
        .object({
          target: z.string().default(''),
          source: z.string().default(''),
          weighting: z.enum(WEIGHTINGS).default('off'),
        })
        .prefault({}),
      output: z.object({ path: z.string() }).optional(),
    })
    .prefault({}),
  inversion: z
    .object({
      reconstruction: z
        .object({ frames: whole, meanPsnr: z.number(), minPsnr: z.number() })
        .nullable()
        .default(null),
    })
    .prefault({}),
});

type ReportOfTake = z.output<typeof reportOfTake>;

export interface Take {
  /** The file, or the folder of a sequence. */
  readonly path: string;
  readonly report: ReportOfTake;
  /** The take as a clip. */
  readonly picture: ClipInfo;
  /** How the clip's pictures sit in the canvas on which the take was made. */
  readonly fit: Fit;
}

const LARGEST_REPORT = 16 << 20;
const KEEP_BESIDE = 'Keep the report beside its take: name.report.json beside name.mov.';

/**
 * @param path of the file, the folder of a sequence, or its pattern in that folder
 * @throws AppError usage where it is no take of ours, or another one than its report says; clip-unreadable; Cancelled
 */
export async function openTake(path: string, signal?: AbortSignal): Promise<Take> {
  const asked = resolve(path);
  const place = runOfPattern(asked) && !existsSync(asked) ? dirname(asked) : asked;
  const doing = `reading ${basename(place)}`;
  const found = await stat(place).catch(() => null);
  if (!found)
    throw new AppError('clip-unreadable', 'there is no such take', { doing, hint: 'Check the name.' });
  const report = await readReportOf(place, doing);
  const { take, range, clip, made } = report;
  if (made.length > 0)
    throw new AppError('usage', `${made.length} of its frames were made that its clip does not have`, {
      doing,
      hint: 'It cannot be laid beside its clip frame for frame; look at it by itself.',
    });
  const picture = await probeClip(found.isDirectory() ? patternIn(place, report) : place, {
    signal,
    ...(found.isDirectory() && { rate: take.rate }),
  });
  const frames = range.end - range.start;
  if (picture.frames !== frames || frames !== take.frames) {
    throw changed(`it has ${picture.frames} frames, its report says ${take.frames}`, doing);
  }
  if (picture.width !== take.width || picture.height !== take.height) {
    const sizes = `${picture.width}×${picture.height}, its report says ${take.width}×${take.height}`;
    throw changed(`its pictures have ${sizes}`, doing);
  }
  return { path: place, report, picture, fit: report.canvas ?? ownSize(clip) };
}

function changed(message: string, doing: string): AppError {
  return new AppError('usage', message, {
    doing,
    hint: 'It was changed since it was rendered: name the take as Retake wrote it.',
  });
}

/** Of a report from before canvases: the clip's own size. */
function ownSize({ width, height }: ReportOfTake['clip']): Fit {
  return fitCanvas(width, height, { size: Math.max(1, Math.round(Math.sqrt(width * height))), grid: 1 });
}

async function readReportOf(path: string, doing: string): Promise<ReportOfTake> {
  const file = reportPath(path);
  const refuse = (message: string, hint = KEEP_BESIDE) => new AppError('usage', message, { doing, hint });
  const about = await stat(file).catch(() => null);
  if (!about?.isFile()) throw refuse(`it is no take of Retake: there is no ${basename(file)} beside it`);
  if (about.size > LARGEST_REPORT) throw refuse(`${basename(file)} is no report of a take`);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch {
    throw refuse(`${basename(file)} cannot be read as a report`);
  }
  const settings = withPlainBrackets(groupsOfFlat((json as { settings?: unknown } | null)?.settings));
  const read = reportOfTake.safeParse({ ...(json as object), settings });
  if (!read.success) {
    throw refuse(
      `${basename(file)} is no report of a take: ${read.error.issues[0]!.path.join('.')} is missing or wrong`,
    );
  }
  return read.data;
}

/** The run of the take among what lies in its folder, which may have been renamed since. */
function patternIn(folder: string, { settings, take }: ReportOfTake): string {
  const { format } = take;
  if (!isPictures(FORMATS[format])) return folder;
  const asked = settings.output?.path ?? take.path;
  const { stem, digits, ending } = planTarget(asked.replace(/^.*[\\/](?=[^\\/]*$)/, `${folder}/`), format);
  const named = join(folder, `${stem}.${'#'.repeat(digits ?? 4)}${ending}`);
  return runOfPattern(named) ? named : folder;
}

export interface ClipWanted {
  /** Where the clip is now; null where the report says. */
  readonly named: string | null;
  /** Whether a path may be looked at that only a report names, which may come from anybody. */
  readonly allows: (path: string) => Promise<boolean>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The clip of a take, or one line that says why it cannot be read.
 * @throws AppError usage where the named one is another clip; Cancelled
 */
export async function clipOf(
  { report }: Take,
  { named, allows, signal }: ClipWanted,
): Promise<ClipInfo | string> {
  const path = named ?? report.clip.path;
  if (named === null && !(await allows(path)))
    return `its clip ${nameOf(path)} is on the network, in a place that is new here`;
  let clip: ClipInfo;
  try {
    clip = await probeClip(path, { signal, ...(runOfPattern(path) && { rate: report.clip.rate }) });
  } catch (error) {
    if (error instanceof Cancelled || named !== null || !(error instanceof AppError)) throw error;
    return `its clip ${nameOf(path)} cannot be read: ${error.message}`;
  }
  const fault = otherThan(report.clip, clip);
  if (fault === null) return clip;
  if (named !== null)
    throw new AppError('usage', `this is not the clip that the take was made of: ${fault}`, {
      doing: `reading ${basename(path)}`,
      hint: 'Name the clip that the report names, wherever it lies now.',
    });
  return `another clip lies where its clip ${nameOf(path)} was: ${fault}`;
}

function otherThan(was: ReportOfTake['clip'], is: ClipInfo): string | null {
  if (is.frames !== was.frames) return `it has ${is.frames} frames, not ${was.frames}`;
  if (is.width !== was.width || is.height !== was.height)
    return `it has ${is.width}×${is.height} pixels, not ${was.width}×${was.height}`;
  return is.rate.num * was.rate.den === was.rate.num * is.rate.den
    ? null
    : `it has ${is.rate.num}/${is.rate.den} frames per second, not ${was.rate.num}/${was.rate.den}`;
}

/** Also of a path that another system wrote. */
function nameOf(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

/** What of the take's picture is the clip's: a line may have been added to make its sides even. */
export function partOf({ report: { take, clip } }: Take): { width: number; height: number } | undefined {
  const padded = take.width !== clip.width || take.height !== clip.height;
  return padded ? { width: clip.width, height: clip.height } : undefined;
}

/**
 * Refuses to write over what the take is made of or lies in.
 * @param clip that is not written over either; null where none is shown
 * @throws AppError output-unwritable
 */
export function checkOut(out: string, take: Take, clip: ClipInfo | null): void {
  const doing = `writing ${basename(out)}`;
  const refuse = (message: string) =>
    new AppError('output-unwritable', message, { doing, hint: 'Choose another name or folder.' });
  const real = (path: string) => (existsSync(path) ? realpathSync(path) : resolve(path));
  const folder = dirname(resolve(out));
  if (!existsSync(folder)) throw refuse(`the folder ${folder} does not exist`);
  const same = (paths: readonly string[]) => paths.some((path) => real(path) === real(out));
  if (clip && same([clip.path, ...filesOfClip(clip.path)])) throw refuse('it would overwrite the clip');
  if (same([take.path, take.picture.path, ...filesOfClip(take.picture.path)]))
    throw refuse('it would overwrite the take');
  if (same([reportPath(take.path)])) throw refuse('it would overwrite the report of the take');
  for (const [of, what] of [
    [take.picture, 'take'],
    [clip, 'clip'],
  ] as const) {
    if (of && of.sequence !== null && real(dirname(of.path)) === real(folder))
      throw refuse(`it would lie among the pictures of the ${what}`);
  }
}
