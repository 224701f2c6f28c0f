/** What a colleague reads first in an exported folder. */
import { type Cut, cutLength } from '../../../common/interchange/cut.ts';
import { formatRational } from '../../../common/time/rational.ts';
import { formatTimecode } from '../../../common/time/timecode.ts';
import type { ExtraFile } from './extra.ts';
import type { FailedFormat, WrittenFormat } from './timelines.ts';

export function readmeOf(
  cut: Cut,
  timelines: { readonly written: readonly WrittenFormat[]; readonly failed: readonly FailedFormat[] },
  extras: readonly Pick<ExtraFile, 'name' | 'about'>[] = [],
): string {
  const { rate, start, width, height } = cut;
  const end = { ...start, frames: start.frames + cutLength(cut) };
  const lines = [
    cut.name,
    `${formatTimecode(start, rate)} to ${formatTimecode(end, rate)}, ${formatRational(rate)} frames a second, ${width} × ${height}`,
    '',
    ...timelines.written.flatMap(({ format, names, losses }) => [
      ...names,
      `  for ${format.programs}`,
      ...(format.takes === '' ? [] : [`  ${format.takes}`]),
      ...losses.map((loss) => `  not kept: ${loss}`),
      '',
    ]),
    ...timelines.failed.flatMap(({ format, line }) => [
      `not written: for ${format.programs}`,
      `  ${line}`,
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
