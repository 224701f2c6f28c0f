/** The label of a timeline's first frame. */
import { formatTimecode, parseTimecode, type Timecode } from '../time/timecode.ts';
import type { ProjectDocument } from './document.ts';
import { refuse } from './edits.ts';
import { timelineRate } from './positions.ts';

type Started = Pick<ProjectDocument, 'clips' | 'startTimecode'>;

/** As it was set; else, and where that cannot be counted at the timeline's rate, hour one, by drop frame where the first clip counts so. */
export function timelineStart(document: Started): Timecode {
  const rate = timelineRate(document);
  const [first] = Object.values(document.clips);
  const asClip = first?.timecode?.includes(';') ? parseTimecode('01:00:00;00', rate) : null;
  return parseTimecode(document.startTimecode, rate) ?? asClip ?? parseTimecode('01:00:00:00', rate)!;
}

/** Label of a frame of the timeline. */
export function timecodeAt(document: Started, frame: number): string {
  const { frames, drop } = timelineStart(document);
  return formatTimecode({ frames: frames + frame, drop }, timelineRate(document));
}

/** "01:00:00:00", with ';' before the frames for drop frame; empty for the usual one. */
export function setStartTimecode(draft: ProjectDocument, text: string): void {
  const wanted = text.trim();
  if (wanted !== '' && !parseTimecode(wanted, timelineRate(draft)))
    refuse(
      'setting the start timecode',
      `${wanted.slice(0, 20)} is no timecode of this timeline`,
      'Write hours, minutes, seconds and frames as 01:00:00:00.',
    );
  draft.startTimecode = wanted;
}
