/** What a colleague reads first in an exported folder. */
import { type Cut, cutLength } from '../../../common/interchange/cut.ts';
import { TIMELINES, type TimelineFormatId } from '../../../common/interchange/formats.ts';
import { formatRational } from '../../../common/time/rational.ts';
import { formatTimecode } from '../../../common/time/timecode.ts';
import type { ExtraFile } from './extra.ts';

export function readmeOf(
  cut: Cut,
  files: readonly {
    readonly format: TimelineFormatId;
    readonly name: string;
    readonly losses: readonly string[];
  }[],
  extras: readonly Pick<ExtraFile, 'name' | 'about'>[] = [],
): string {
  const { rate, start, width, height } = cut;
  const end = { ...start, frames: start.frames + cutLength(cut) };
  const lines = [
    cut.name,
    `${formatTimecode(start, rate)} to ${formatTimecode(end, rate)}, ${formatRational(rate)} frames a second, ${width} × ${height}`,
    '',
    ...files.flatMap(({ format, name, losses }) => [
      name,
      `  for ${TIMELINES[format].programs}`,
      `  ${TIMELINES[format].takes}`,
      ...losses.map((loss) => `  not kept: ${loss}`),
      '',
    ]),
    ...extras.flatMap(({ name, about }) =>
      about.length === 0 ? [] : [name, ...about.map((line) => `  ${line}`), ''],
    ),
    'What they show:',
    ...Object.values(cut.media).map(({ path }) => `  ${path}`),
  ];
  return `${lines.join('\n')}\n`;
}
