/** Pictures of a cut that are not shown: MLT switches off whole tracks, not single clips. */
import { sameRational } from '../../time/rational.ts';
import type { Cut } from '../cut.ts';
import type { LaidClip, Track } from '../tracks.ts';

/** As few tracks as hold them all, none over another. */
export function hiddenTracks(tracks: readonly Track[], shown: Track): Track[] {
  const seen = new Set(shown.map(({ at, source }) => `${at} ${source.media}`));
  const hidden: LaidClip[][] = [];
  for (const clip of tracks.flat()) {
    if (seen.has(`${clip.at} ${clip.source.media}`)) continue;
    const free = hidden.find((track) =>
      track.every(({ at, frames }) => at + frames <= clip.at || clip.at + clip.frames <= at),
    );
    if (free) free.push(clip);
    else hidden.push([clip]);
  }
  return hidden.map((track) => track.sort((a, b) => a.at - b.at));
}

export function lossesOf(cut: Cut): string[] {
  const losses = new Set<string>();
  const clips = cut.items.filter((item) => item.kind === 'clip');
  if (cut.start.frames !== 0) losses.add('the timeline counts from 0: the format has no start timecode');
  if (clips.some(({ markers }) => markers.length > 0)) losses.add('markers of clips lie on the timeline');
  for (const { name, rate } of Object.values(cut.media))
    if (!sameRational(rate, cut.rate))
      losses.add(`${name} has its own rate: where a clip begins in it is rounded to a frame of the timeline`);
  return [...losses];
}
