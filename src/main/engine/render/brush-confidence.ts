/** Whether what a brush carried can be relied on, told before the artist wonders about the take. */

/** Below it a carried mask lies beside what it was painted on. */
const UNSURE = 0.6;

/** One line naming the frames; null where all are sure. @param start the first frame's number in the clip */
export function unsureFrames(confidence: readonly (number | null)[], start: number): string | null {
  const spans: [first: number, last: number][] = [];
  for (const [i, one] of confidence.entries()) {
    if (one === null || one >= UNSURE) continue;
    const last = spans.at(-1);
    if (last?.[1] === start + i - 1) last[1] = start + i;
    else spans.push([start + i, start + i]);
  }
  if (spans.length === 0) return null;
  const named = spans.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`));
  return `what the brush carried is unsure on frames ${named.join(', ')}: paint there again`;
}
