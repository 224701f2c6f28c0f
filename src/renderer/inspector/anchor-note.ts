/** What the anchors beside the leading one are good for. */
import type { MethodInfo } from '../../common/contract/machine.ts';
import type { Shot } from '../../common/project/document.ts';

type OfShot = Pick<Shot, 'anchors' | 'leadAnchor' | 'settings'>;

/** Null where there are none, or the method is not known. */
export function otherAnchorsNote(shot: OfShot, methods: readonly MethodInfo[] | null): string | null {
  const { anchors, leadAnchor, settings } = shot;
  const others = anchors.filter((frame) => frame !== leadAnchor);
  const method = methods?.find(({ id }) => id === settings.method.id);
  if (others.length === 0 || !method) return null;
  const frames = listed(others);
  if (method.severalAnchors) return `${frames} ${others.length === 1 ? 'leads' : 'lead'} too.`;
  return `${method.label} follows the lead anchor alone; ${frames.toLowerCase()} ${others.length === 1 ? 'does' : 'do'} not count.`;
}

/** "Frame 12", "Frames 3, 12 and 23" */
function listed(frames: readonly number[]): string {
  const last = frames.at(-1)!;
  return frames.length === 1 ? `Frame ${last}` : `Frames ${frames.slice(0, -1).join(', ')} and ${last}`;
}
