/** A take with the report beside it that a render writes: each of its pictures is a change of the clip's. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { ClipInfo, Fit, FrameRange } from '../../src/common/media.ts';
import type { TakeReport } from '../../src/common/report.ts';
import { decodeFrames } from '../../src/main/engine/media/decode.ts';
import { openTake, type TakeOptions } from '../../src/main/engine/media/encode.ts';
import { reportPath } from '../../src/main/engine/report-file.ts';
import { wholeFit } from './clips.ts';
import { inGroups } from './job-settings.ts';

interface Wish extends Pick<TakeOptions, 'out' | 'format'> {
  readonly fit?: Fit;
  readonly range?: FrameRange;
  /** RGB8 of the canvas to what the take shows there; frames of the clip. */
  readonly change?: (value: number, frame: number, at: number) => number;
  readonly source?: string;
  readonly target?: string;
  readonly reconstruction?: TakeReport['inversion']['reconstruction'];
}

/** @returns the take's path */
export async function reportedTake(clip: ClipInfo, wish: Wish): Promise<string> {
  const { out, format, fit = wholeFit(clip), change = (value) => value } = wish;
  const range = wish.range ?? { start: 0, end: clip.frames };
  const writer = await openTake({ clip, fit, range, out, format });
  for await (const { index, rgb } of decodeFrames(clip, { range, fit }))
    await writer.write(new Float32Array(rgb).map((value, at) => change(value, index, at) / 255));
  const take = await writer.finish();
  const report = {
    retake: '0.1.0',
    job: 'a-job',
    settings: inGroups({
      prompt: wish.target ?? 'a white swan',
      sourcePrompt: wish.source ?? 'a red car',
      clip: clip.path,
      out,
      format,
    }),
    clip,
    range,
    canvas: fit,
    inversion: { frames: 0, reconstruction: wish.reconstruction ?? null },
    take,
  };
  writeFileSync(reportPath(take.path), JSON.stringify(report));
  return take.path;
}

/** Rewrites a part of a take's report. */
export function editReport(
  take: string,
  edit: (report: Record<'clip' | 'range' | 'inversion', object>) => void,
): void {
  const file = reportPath(take);
  const report = JSON.parse(readFileSync(file, 'utf8'));
  edit(report);
  writeFileSync(file, JSON.stringify(report));
}
