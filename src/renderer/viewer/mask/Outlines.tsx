/** Outlines of the parts of a mask, and the handles of the one in hand, in pixels of the screen. Drawn for the eye alone. */
import { isShape, type Mask, type Point, type Shape } from '../../../common/masks/mask.ts';
import { geometryAt } from '../../../common/project/edits-mask.ts';
import {
  type Box,
  HANDLES,
  type Handle,
  handleAt,
  isBox,
  middleOf,
  type Place,
  toScreen,
  turnHandleAt,
} from './geometry.ts';
import { TURN_REACH } from './hit.ts';
import styles from './Outlines.module.css';

interface Props {
  readonly mask: Mask | null;
  readonly frame: number;
  readonly place: Place;
  readonly held: string | null;
  readonly corner: number | null;
  /** Corners of a polygon that is not closed yet, and where the next would be. */
  readonly drawing: readonly Point[];
}

export function Outlines({ mask, frame, place, held, corner, drawing }: Props) {
  const shapes = mask?.parts.filter(isShape) ?? [];
  const shape = shapes.find(({ id }) => id === held);
  // The one in hand lies over the others.
  const order = shape ? [...shapes.filter((one) => one !== shape), shape] : shapes;
  return (
    <svg className={styles.outlines} aria-hidden="true">
      {order.map((one) => (
        <Outline key={one.id} shape={one} frame={frame} place={place} isHeld={one === shape} />
      ))}
      {shape ? <Handles shape={shape} frame={frame} place={place} corner={corner} /> : null}
      {drawing.length > 0 ? <Drawing points={drawing} place={place} /> : null}
    </svg>
  );
}

interface OutlineProps {
  readonly shape: Shape;
  readonly frame: number;
  readonly place: Place;
  readonly isHeld: boolean;
}

const listOf = (points: readonly Point[], place: Place) =>
  points.map((point) => toScreen(point, place).join()).join(' ');

/** Twice: a dark line under a bright one is seen on any picture. */
function Outline({ shape, frame, place, isHeld }: OutlineProps) {
  const geometry = geometryAt(shape, frame);
  const look = isHeld ? styles.held : styles.line;
  const dashes = shape.mode === 'subtract' ? '6 4' : undefined;
  if (!isBox(geometry)) {
    const points = listOf(geometry.points, place);
    return (
      <>
        <polygon className={styles.under} points={points} />
        <polygon className={look} points={points} strokeDasharray={dashes} data-outline={shape.id} />
      </>
    );
  }
  const [x, y] = toScreen(middleOf(geometry), place);
  const [across, down] = [(geometry.width * place.zoom) / 2, (geometry.height * place.zoom) / 2];
  const transform = `rotate(${geometry.angle} ${x} ${y})`;
  const around =
    shape.kind === 'ellipse'
      ? { Tag: 'ellipse' as const, size: { cx: x, cy: y, rx: across, ry: down } }
      : {
          Tag: 'rect' as const,
          size: { x: x - across, y: y - down, width: 2 * across, height: 2 * down },
        };
  const { Tag, size } = around;
  return (
    <>
      <Tag className={styles.under} {...size} transform={transform} />
      <Tag
        className={look}
        {...size}
        transform={transform}
        strokeDasharray={dashes}
        data-outline={shape.id}
      />
    </>
  );
}

function Handles({ shape, frame, place, corner }: Omit<OutlineProps, 'isHeld'> & Pick<Props, 'corner'>) {
  const geometry = geometryAt(shape, frame);
  if (isBox(geometry)) return <BoxHandles box={geometry} place={place} />;
  return geometry.points.map((point, index) => {
    const [x, y] = toScreen(point, place);
    return (
      <circle
        // biome-ignore lint/suspicious/noArrayIndexKey: corners have no other name
        key={index}
        className={index === corner ? styles.chosen : styles.handle}
        cx={x}
        cy={y}
        r={5}
        data-handle={index}
      />
    );
  });
}

function BoxHandles({ box, place }: { readonly box: Box; readonly place: Place }) {
  const [turnX, turnY] = toScreen(turnHandleAt(box, TURN_REACH / place.zoom), place);
  const [topX, topY] = toScreen(handleAt(box, 'n'), place);
  return (
    <>
      <line className={styles.under} x1={topX} y1={topY} x2={turnX} y2={turnY} />
      <line className={styles.held} x1={topX} y1={topY} x2={turnX} y2={turnY} />
      <circle className={styles.handle} cx={turnX} cy={turnY} r={5} data-handle="turn" />
      {(Object.keys(HANDLES) as Handle[]).map((handle) => {
        const [x, y] = toScreen(handleAt(box, handle), place);
        return (
          <rect
            key={handle}
            className={styles.handle}
            x={x - 4.5}
            y={y - 4.5}
            width={9}
            height={9}
            transform={`rotate(${box.angle} ${x} ${y})`}
            data-handle={handle}
          />
        );
      })}
    </>
  );
}

function Drawing({ points, place }: { readonly points: readonly Point[]; readonly place: Place }) {
  const list = listOf(points, place);
  return (
    <>
      <polyline className={styles.under} points={list} />
      <polyline className={styles.held} points={list} />
      {points.map((point, index) => {
        const [x, y] = toScreen(point, place);
        return (
          <circle
            // biome-ignore lint/suspicious/noArrayIndexKey: corners have no other name
            key={index}
            className={index === 0 ? styles.chosen : styles.handle}
            cx={x}
            cy={y}
            r={5}
          />
        );
      })}
    </>
  );
}
