/** The picture under the playhead, what compares it, and the transport. */
import { useEffect } from 'react';
import { useCurrentShot } from '../store/current.ts';
import { setViewer, useViewer } from '../store/viewer.ts';
import { Badges } from './Badges.tsx';
import { CompareBar } from './CompareBar.tsx';
import { FirstRender } from './FirstRender.tsx';
import { LookStrip } from './LookStrip.tsx';
import { MaskBar } from './mask/MaskBar.tsx';
import { MaskTools } from './mask/MaskTools.tsx';
import { Several, SeveralBar } from './Several.tsx';
import { Stage } from './Stage.tsx';
import { TransportBar } from './TransportBar.tsx';
import { usePicture } from './use-picture.ts';
import styles from './Viewer.module.css';

/** The key that holds the other picture was pressed by the key map; any key coming up lets go. */
function usePeekEnds(): void {
  useEffect(() => {
    const end = () => setViewer({ peek: false });
    const listening = new AbortController();
    window.addEventListener('keyup', end, { signal: listening.signal });
    window.addEventListener('blur', end, { signal: listening.signal });
    return () => listening.abort();
  }, []);
}

export function Viewer() {
  usePeekEnds();
  const picture = usePicture();
  const current = useCurrentShot();
  const isInHand = picture.shot !== null && current?.item.id === picture.shot.id;
  const comparing = useViewer((state) => state.comparison !== 'off');
  const several = useViewer((state) => state.several.length > 0);
  return (
    <div className={styles.viewer}>
      <div className={styles.sides}>
        {picture.shot && !several ? <MaskTools isDisabled={!isInHand} /> : null}
        <div className={styles.screen}>
          {several ? <Several picture={picture} /> : <Stage picture={picture} />}
          <Badges picture={picture} />
          <LookStrip picture={picture} />
          <FirstRender />
        </div>
      </div>
      {isInHand && !several ? <MaskBar picture={picture} /> : null}
      {several ? <SeveralBar /> : comparing ? <CompareBar shot={picture.shot} /> : null}
      <TransportBar clip={picture.clip} clipFrame={picture.clipFrame} />
    </div>
  );
}
