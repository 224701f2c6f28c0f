/** The mask of the shot in sight over its picture: its veil, and while a tool is in hand its outlines and handles. */
import { useEffect, useMemo, useRef, useState } from 'react';
import type { MaskPicture } from '../../../common/contract/clips.ts';
import type { Mask, Point } from '../../../common/masks/mask.ts';
import { rasterise } from '../../../common/masks/rasterise.ts';
import { brushRadius } from '../../actions/masked.ts';
import { useCurrentShot } from '../../store/current.ts';
import { useKept } from '../../store/kept.ts';
import { useMasking } from '../../store/masking.ts';
import { useView } from '../../store/view.ts';
import { useViewer } from '../../store/viewer.ts';
import type { Picture } from '../use-picture.ts';
import { type Place, toClip } from './geometry.ts';
import { KeepNote, MaskBadge } from './MaskBadge.tsx';
import styles from './MaskLayer.module.css';
import { Outlines } from './Outlines.tsx';
import { PartList } from './PartList.tsx';
import { listenToMaskPointer } from './pointer.ts';
import { useFinishedMask } from './use-finished-mask.ts';
import { type Shares, Veil } from './Veil.tsx';
import { veilGrid } from './veil-grid.ts';

interface Props {
  readonly picture: Picture;
  /** Where the picture lies, and the width of the pane it lies in. */
  readonly place: Place;
  readonly width: number;
}

export function MaskLayer({ picture, place, width }: Props) {
  const { shot, clip, clipFrame, size } = picture;
  const current = useCurrentShot();
  const { tool, part, corner, corners, overlay } = useMasking((state) => state);
  const stands = useView((view) => view.shuttle === 0);
  const { peek, comparison, wipe } = useViewer(({ peek, comparison, wipe }) => ({ peek, comparison, wipe }));
  const element = useRef<HTMLDivElement>(null);
  const latest = useRef(place);
  latest.current = place;
  const [pointer, setPointer] = useState<Point | null>(null);
  const isDrawn = shot !== null && clip !== null && current?.item.id === shot.id && tool !== null;
  useEffect(() => {
    if (!isDrawn || !element.current) return;
    return listenToMaskPointer({
      element: element.current,
      place: () => latest.current,
      onHover: setPointer,
    });
  }, [isDrawn]);
  const finished = useFinishedMask(picture, overlay === 'mask');
  const kept = useKept(shot?.id ?? null, clipFrame);
  // A difference is for what differs, and a picture that is held in sight for itself.
  if (!shot || !clip || peek || comparison === 'difference') return null;
  const { mask } = shot.settings.guide;
  const seen =
    overlay === 'keep' && kept ? (
      <Veil shares={{ ...kept, whole: 255 }} colour="keep" label="What is protected of the clip" />
    ) : overlay === 'mask' && mask ? (
      <MaskVeil mask={mask} picture={picture} finished={finished.picture} />
    ) : null;
  const drawing = corners?.shotId === shot.id ? corners.points : [];
  const isPainting = tool === 'brush' || tool === 'eraser';
  return (
    <div
      ref={element}
      className={styles.layer}
      style={{ width }}
      data-mask-layer=""
      data-tool={isDrawn ? tool : undefined}
    >
      {seen ? (
        <div
          className={styles.picture}
          style={{
            width: size.width,
            height: size.height,
            transform: `translate(${place.x}px, ${place.y}px) scale(${place.zoom})`,
            // B of a wipe is seen as it is, unless somebody draws there.
            clipPath: comparison === 'wipe' && !isDrawn ? `inset(0 ${(1 - wipe) * 100}% 0 0)` : undefined,
          }}
        >
          {seen}
        </div>
      ) : null}
      {mask && overlay === 'mask' && stands ? (
        <MaskBadge confidence={finished.picture?.confidence ?? null} {...finished} />
      ) : null}
      {overlay === 'keep' && stands && !kept ? <KeepNote keep={shot.settings.guide.keep} /> : null}
      {isDrawn && stands ? (
        <>
          <Outlines
            mask={mask}
            frame={clipFrame}
            place={place}
            held={part}
            corner={corner}
            drawing={drawing.length > 0 && pointer ? [...drawing, toClip(pointer, place)] : drawing}
          />
          {mask ? <PartList mask={mask} frame={clipFrame} place={place} /> : null}
          {isPainting && pointer ? (
            <BrushRing at={pointer} radius={brushRadius(clip) * place.zoom} erases={tool === 'eraser'} />
          ) : null}
        </>
      ) : null}
    </div>
  );
}

interface VeilProps {
  readonly mask: Mask;
  readonly picture: Picture;
  /** As a render would have it, where that is known. */
  readonly finished: MaskPicture | null;
}

function MaskVeil({ mask, picture: { clipFrame, size }, finished }: VeilProps) {
  const shares = useMemo((): Shares => {
    if (finished) return { ...finished, data: finished.coverage, whole: 255 };
    const grid = veilGrid(size);
    return { width: grid.width, height: grid.height, data: rasterise(mask, clipFrame, grid), whole: 1 };
  }, [mask, clipFrame, size, finished]);
  return <Veil shares={shares} colour="mask" label="Mask: where the shot is edited" />;
}

interface RingProps {
  readonly at: Point;
  /** Pixels of the screen. */
  readonly radius: number;
  readonly erases: boolean;
}

/** How large the brush is, around the pointer. */
function BrushRing({ at: [x, y], radius, erases }: RingProps) {
  return (
    <svg className={styles.ring} aria-hidden="true">
      <circle className={styles.ringUnder} cx={x} cy={y} r={radius} />
      <circle
        className={styles.ringLine}
        cx={x}
        cy={y}
        r={radius}
        strokeDasharray={erases ? '5 4' : undefined}
      />
      <circle className={styles.ringMiddle} cx={x} cy={y} r={1.5} />
    </svg>
  );
}
