/** What files of timelines are called: all that a dialog and a drop can know of them. */

/** Endings under which programs write timelines; what a file is, is told by what it holds. */
export const TIMELINE_ENDINGS = ['fcpxml', 'xml', 'otio', 'edl', 'mlt', 'kdenlive'] as const;

/** In lower case, without dot; empty where there is none. */
export function endingOf(path: string): string {
  return /\.([^./\\]*)$/.exec(path)?.[1]?.toLowerCase() ?? '';
}

/** @param more endings that plugins read */
export function isNamedLikeTimeline(path: string, more: readonly string[] = []): boolean {
  return [...TIMELINE_ENDINGS, ...more].includes(endingOf(path));
}
