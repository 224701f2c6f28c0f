/** The parts of the mask as elements over their places in the picture, for keyboards and assistive technology. */
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { isShape, type Mask, type Part } from '../../../common/masks/mask.ts';
import { framesOf, geometryAt, insertCorner, partName } from '../../../common/project/edits-mask.ts';
import { changeMask, getMasked } from '../../actions/masked.ts';
import { getMasking, setMasking, takePart, useMasking } from '../../store/masking.ts';
import { tryTo } from '../../store/notices.ts';
import texts from '../../ui/text.module.css';
import { boundsOf, boundsOfPoints, type Place, toScreen } from './geometry.ts';
import { nudgePart } from './nudge.ts';
import styles from './PartList.module.css';

interface Props {
  readonly mask: Mask;
  readonly frame: number;
  readonly place: Place;
}

export function PartList({ mask, frame, place }: Props) {
  const held = useMasking((state) => state.part);
  const corner = useMasking((state) => state.corner);
  const focus = useMasking((state) => state.focus);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (focus === null) return;
    const element = list.current?.querySelector<HTMLElement>(`[data-part="${CSS.escape(focus)}"]`);
    element?.focus({ preventScroll: true });
    setMasking({ focus: null });
  }, [focus]);

  const onKeyDown = (event: KeyboardEvent, part: Part) => {
    const here = getMasked();
    if (!here) return;
    if (event.key === 'Insert') tryTo(() => cornerAfter(part, frame));
    else if (!nudgePart(here, part, event)) return;
    event.preventDefault();
  };
  return (
    <div ref={list} className={styles.list} role="listbox" aria-label="Parts of the mask" data-mask="">
      <p id="mask-keys" className={texts.hidden}>
        Arrow keys move it, with Shift they resize it, with Alt they turn it, with Control by ten pixels. Page
        Up and Page Down choose a corner of a polygon, Insert adds one, Delete removes.
      </p>
      {mask.parts.filter(isSeen).map((part) => {
        const { x, y, width, height } = boundsOfPart(part, frame);
        const [left, top] = toScreen([x, y], place);
        return (
          <div
            key={part.id}
            role="option"
            tabIndex={0}
            className={styles.part}
            data-part={part.id}
            aria-selected={part.id === held}
            aria-label={labelOf(mask, part, frame, part.id === held ? corner : null)}
            aria-describedby="mask-keys"
            style={{ left, top, width: width * place.zoom, height: height * place.zoom }}
            onFocus={() => {
              if (getMasking().part !== part.id) takePart(part.id);
            }}
            onKeyDown={(event) => onKeyDown(event, part)}
          />
        );
      })}
    </div>
  );
}

/** Mattes and networks have no place of their own. */
function isSeen(part: Part): boolean {
  return isShape(part) || part.kind === 'brush';
}

function boundsOfPart(part: Part, frame: number) {
  if (isShape(part)) return boundsOf(geometryAt(part, frame));
  const strokes = part.kind === 'brush' ? part.strokes.filter((one) => one.frame === frame) : [];
  if (strokes.length === 0) return { x: 0, y: 0, width: 1, height: 1 };
  const margin = Math.max(...strokes.map(({ radius }) => radius));
  return boundsOfPoints(
    strokes.flatMap(({ points }) => points),
    margin,
  );
}

/** "Rectangle 2, takes away, 2 key frames, one here" */
function labelOf(mask: Mask, part: Part, frame: number, corner: number | null): string {
  const frames = framesOf(part);
  const keys = `${frames.length} ${frames.length === 1 ? 'key frame' : 'key frames'}`;
  const chosen = corner === null ? '' : `, corner ${corner + 1} in hand`;
  const does = part.mode === 'add' ? 'adds' : 'takes away';
  return `${partName(mask, part)}, ${does}, ${keys}${frames.includes(frame) ? ', one here' : ''}${chosen}`;
}

/** A corner in the middle of the edge after the one in hand. */
function cornerAfter(part: Part, frame: number): void {
  const here = getMasked();
  if (part.kind !== 'polygon' || !here) return;
  const index = getMasking().corner ?? 0;
  changeMask(here.shot.id, 'Add corner to the mask', (mask) => insertCorner(mask, part.id, index, 0.5));
  const geometry = geometryAt(part, frame);
  if ('points' in geometry) setMasking({ corner: index + 1 });
}
