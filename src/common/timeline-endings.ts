/** What files of timelines are called: all that a dialog and a drop can know of them. */

/** Endings under which programs write timelines; what a file is, is told by what it holds. */
export const TIMELINE_ENDINGS = ['fcpxml', 'xml', 'otio', 'edl', 'mlt', 'kdenlive'] as const;

export function isNamedLikeTimeline(path: string): boolean {
  const ending = /\.([^./\\]*)$/.exec(path)?.[1]?.toLowerCase();
  return TIMELINE_ENDINGS.some((one) => one === ending);
}
