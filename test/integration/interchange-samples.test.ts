/** Timelines that other programs wrote: read, written in every format, and read again as the same cut. Skipped without the shared data. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TIMELINE_FORMATS } from '../../src/common/interchange/formats.ts';
import { rational, toNumber } from '../../src/common/time/rational.ts';
import { apart, readAny, seenIn, writtenAs } from '../helpers/cuts.ts';
import { sharedPath } from '../helpers/shared.ts';

const folder = sharedPath('data/interchange');
/** What each holds that is a picture of a file, where it holds one: clips that are seen. */
const SEEN: Readonly<Record<string, number>> = {
  'fcpxml/23.98.fcpxml': 11,
  'fcpxml/24With25Media.fcpxml': 2,
  'fcpxml/29.97d.fcpxml': 11,
  'fcpxml/59.94.fcpxml': 23,
  'fcpxml/AuditionSample.fcpxml': 1,
  'fcpxml/DisabledClips.fcpxml': 1,
  'fcpxml/SyncClip.fcpxml': 1,
  'fcpxml/TimelineWithSecondaryStoryline.fcpxml': 46,
  'otio/simple_cut.otio': 4,
  'otio/premiere_example.otio': 6,
  'xmeml/hiero_xml_export.xml': 1,
  'xmeml/premiere_example.xml': 6,
};
const files =
  folder && existsSync(folder)
    ? ['fcpxml', 'otio', 'xmeml'].flatMap((kind) =>
        readdirSync(join(folder, kind)).map((name) => `${kind}/${name}`),
      )
    : [];
const read = (text: string) => readAny(text, rational(25));

describe.skipIf(files.length === 0)('of other programs', () => {
  it.each(Object.keys(SEEN))('%s says the same cut in every format', async (name) => {
    const cut = await read(readFileSync(join(folder!, name), 'utf8'));
    expect(seenIn(cut)).toHaveLength(SEEN[name]!);
    for (const format of TIMELINE_FORMATS) {
      const again = await read(await writtenAs(format, cut, '1.13'));
      const [mine, others] = [cut, again].map((one) =>
        seenIn(one).map(({ at, frames, path }) => [at, frames, path]),
      );
      expect(others, format).toEqual(mine);
      // Half a frame of the timeline, where a file of another rate is counted at it.
      for (const seconds of apart(cut, again))
        expect(seconds, format).toBeLessThanOrEqual(0.5 / toNumber(cut.rate) + 0.05);
    }
  });

  it.each(files.filter((name) => !(name in SEEN)))(
    '%s holds no picture of a file, and says so',
    async (name) => {
      await expect(read(readFileSync(join(folder!, name), 'utf8'))).rejects.toThrow(/no clip|no sequence/);
    },
  );
});
