/** Several shots chosen: a field shows what they have in common, and says where they differ. */
import type { Shot, ShotSettings } from '../../common/project/document.ts';

/** In place of a value that is not the same in all chosen shots. */
export const DIFFERS = 'differs';

/** Do the shots differ in what `of` reads of their settings? */
export function differIn(shots: readonly Shot[], of: (settings: ShotSettings) => unknown): boolean {
  const [first, ...others] = shots.map(({ settings }) => JSON.stringify(of(settings)));
  return others.some((one) => one !== first);
}
