/** The panes: one or two pictures with the same zoom and pan; wheel zooms at the cursor, dragging pans. */
import { useEffect, useRef } from 'react';
import type { Take } from '../../common/project/document.ts';
import { setPainter } from '../store/painted.ts';
import { getDocument } from '../store/project.ts';
import { type Choice, useViewer } from '../store/viewer.ts';
import { MaskLayer } from './mask/MaskLayer.tsx';
import { Progressive } from './Progressive.tsx';
import pictures from './picture.module.css';
import { Player } from './player.ts';
import styles from './Stage.module.css';
import { takeFor } from './segments.ts';
import { useCamera } from './use-camera.ts';
import type { Picture } from './use-picture.ts';
import { WipeHandle } from './WipeHandle.tsx';

/** The take that a side shows at this frame; null for the clip. */
function takeOf({ shot, clipFrame }: Picture, choice: Choice): Take | null {
  const take = shot && takeFor(getDocument(), shot, choice);
  return take && clipFrame >= take.start && clipFrame < take.end ? take : null;
}

/** Where a running render shows in a comparison: never over the clip, nor over a take chosen by name. */
function sideOfRender(a: Choice, b: Choice): 'first' | 'second' | null {
  const fits = (choice: Choice) => choice === 'timeline' || choice === 'newest';
  return fits(b) ? 'second' : fits(a) ? 'first' : null;
}

export function Stage({ picture }: { readonly picture: Picture }) {
  const pane = useRef<HTMLDivElement>(null);
  const hosts = useRef<[HTMLDivElement | null, HTMLDivElement | null]>([null, null]);
  const { paneSize, at, style, onPointerDown } = useCamera(pane, picture.size);
  const { comparison, camera, wipe, onion, gain, peek, shown, shownSecond, a, b } = useViewer(
    ({ volume: _, muted: __, timecode: ___, pictures: ____, ...state }) => state,
  );

  useEffect(() => {
    const [first, second] = hosts.current;
    if (!first || !second) return;
    const player = new Player(first, second);
    setPainter(player);
    return () => {
      setPainter(null);
      player.dispose();
    };
  }, []);

  const { size } = picture;
  const comparing = comparison !== 'off';
  const second = comparing ? !peek : peek;
  const rendered = comparing ? sideOfRender(a, b) : 'first';
  return (
    <div
      className={styles.stage}
      data-comparison={comparison}
      data-shown-frame={shown ?? undefined}
      data-shown-second={shownSecond ?? undefined}
      data-pans={camera.zoom !== null || undefined}
      style={comparison === 'difference' && !peek ? { filter: `brightness(${gain})` } : undefined}
      onPointerDown={onPointerDown}
    >
      <div className={styles.pane} data-side="first" ref={pane}>
        <div className={pictures.picture} data-picture="" style={style}>
          <div
            className={pictures.videos}
            ref={(element) => {
              hosts.current[0] = element;
            }}
          />
          {rendered === 'first' ? <Progressive picture={picture} take={picture.take} side="first" /> : null}
        </div>
        {comparing && comparison !== 'difference' ? (
          <span className={`${pictures.name} ${styles.name}`}>A</span>
        ) : null}
      </div>
      <div
        className={`${styles.pane} ${styles.second}`}
        data-side="second"
        hidden={!second}
        style={comparison === 'onion' ? { opacity: onion } : undefined}
      >
        <div
          className={pictures.picture}
          style={{
            ...style,
            clipPath: comparison === 'wipe' ? `inset(0 0 0 ${wipe * 100}%)` : undefined,
          }}
        >
          <div
            className={pictures.videos}
            ref={(element) => {
              hosts.current[1] = element;
            }}
          />
          {rendered === 'second' ? (
            <Progressive picture={picture} take={takeOf(picture, b)} side="second" />
          ) : null}
        </div>
        {comparing && comparison !== 'difference' ? (
          <span className={`${pictures.name} ${styles.name} ${styles.end}`}>B</span>
        ) : null}
      </div>
      <MaskLayer picture={picture} place={at} width={paneSize.width} />
      {comparison === 'wipe' && !peek ? <WipeHandle left={at.x} width={size.width * at.zoom} /> : null}
    </div>
  );
}
