/** A clip in words. */
import type { ClipRef, TimelineItem } from '../../common/project/document.ts';
import { duration } from '../../common/time/duration.ts';
import { toNumber } from '../../common/time/rational.ts';
import { count, fps } from '../words.ts';

const known = new WeakMap<readonly TimelineItem[], ReadonlyMap<string, number>>();

/** How many shots show each clip, counted once per version of the timeline. */
export function usesOf(timeline: readonly TimelineItem[]): ReadonlyMap<string, number> {
  const counted = known.get(timeline);
  if (counted) return counted;
  const uses = new Map<string, number>();
  for (const item of timeline)
    if (item.kind === 'shot') uses.set(item.clipId, (uses.get(item.clipId) ?? 0) + 1);
  known.set(timeline, uses);
  return uses;
}

/** "240 frames · 10 s" */
export function lengthOf({ frames, rate }: Pick<ClipRef, 'frames' | 'rate'>): string {
  return frames > 1 ? `${count(frames, 'frame')} · ${duration(frames / toNumber(rate))}` : 'Still';
}

/** "24 fps · 1920 × 1080 · 01:00:00:00 · sound" */
export function metadataOf({ rate, width, height, timecode, hasAudio }: ClipRef): string {
  const words = [
    fps(rate),
    `${width} × ${height}`,
    timecode ?? 'no timecode',
    hasAudio ? 'sound' : 'no sound',
  ];
  return words.join(' · ');
}
