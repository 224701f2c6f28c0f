/** The picture under the playhead, what compares it, and the transport. */
import { useEffect } from 'react';
import { setViewer, useViewer } from '../store/viewer.ts';
import { Badges } from './Badges.tsx';
import { CompareBar } from './CompareBar.tsx';
import { FirstRender } from './FirstRender.tsx';
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
  const comparing = useViewer((state) => state.comparison !== 'off');
  return (
    <div className={styles.viewer}>
      <div className={styles.screen}>
        <Stage picture={picture} />
        <Badges picture={picture} />
        <FirstRender />
      </div>
      {comparing ? <CompareBar shot={picture.shot} /> : null}
      <TransportBar picture={picture} />
    </div>
  );
}
