/** Arrow keys on a part of the mask that has the focus: move, with Shift resize, with Alt turn. */
import { isShape, type Part, type Point } from '../../../common/masks/mask.ts';
import { geometryAt, moveStrokes, putKey } from '../../../common/project/edits-mask.ts';
import { changeMask, type Masked, nameOfPart } from '../../actions/masked.ts';
import { getMasking, setMasking } from '../../store/masking.ts';
import { grown, isBox, moved, rounded } from './geometry.ts';

/** What reading needs of a KeyboardEvent. */
export interface NudgeKey {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
/** Pixels of the clip of one press with Ctrl or Cmd. */
const LARGE = 10;

/** Does what a key asks of a part; false where it asks nothing. */
export function nudgePart(here: Masked, part: Part, event: NudgeKey): boolean {
  if (event.key === 'PageUp' || event.key === 'PageDown') return stepCorner(here, part, event.key);
  const arrow = ARROWS[event.key];
  if (!arrow) return false;
  const step = event.ctrlKey || event.metaKey ? LARGE : 1;
  const [across, down] = [arrow[0] * step, arrow[1] * step];
  const { frame, shot, mask } = here;
  const name = nameOfPart(mask, part);
  if (part.kind === 'brush') {
    if (event.shiftKey || event.altKey) return true;
    changeMask(shot.id, `Move ${name}`, (draft) => moveStrokes(draft, part.id, frame, across, down));
    return true;
  }
  if (!isShape(part)) return false;
  const geometry = geometryAt(part, frame);
  const { corner } = getMasking();
  const put = (verb: string, to: typeof geometry) =>
    changeMask(shot.id, `${verb} ${name}`, (draft) => putKey(draft, part.id, frame, rounded(to)));
  if (event.altKey) {
    if (isBox(geometry)) put('Turn', { ...geometry, angle: geometry.angle + (across || down) });
  } else if (event.shiftKey) {
    // Down makes it higher: the lower edge goes where the arrow points.
    put('Shape', grown(geometry, across, down));
  } else if (!isBox(geometry) && corner !== null && corner < geometry.points.length) {
    const points = geometry.points.map(
      ([x, y], index): Point => (index === corner ? [x + across, y + down] : [x, y]),
    );
    put('Shape', { points });
  } else put('Move', moved(geometry, across, down));
  return true;
}

/** Takes the next corner of a polygon in hand; past the last one the whole polygon. */
function stepCorner({ frame }: Masked, part: Part, key: 'PageUp' | 'PageDown'): boolean {
  if (part.kind !== 'polygon') return false;
  const geometry = geometryAt(part, frame);
  const count = isBox(geometry) ? 0 : geometry.points.length;
  // One more place than corners: the whole.
  const places = count + 1;
  const now = getMasking().corner ?? count;
  const next = (now + (key === 'PageDown' ? 1 : places - 1)) % places;
  setMasking({ corner: next === count ? null : next });
  return true;
}
