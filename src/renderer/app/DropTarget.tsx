/** Files dropped anywhere in the window. */
import { useEffect, useState } from 'react';
import { isDraggingOut } from '../actions/drag-out.ts';
import { takeDropped } from '../actions/dropped.ts';
import { attempt } from '../store/notices.ts';
import { useView } from '../store/view.ts';
import styles from './DropTarget.module.css';

export function DropTarget() {
  const [over, setOver] = useState(false);
  const inLibrary = useView((view) => view.dialog === 'library');
  useEffect(() => {
    const carriesFiles = (event: DragEvent) =>
      event.dataTransfer?.types.includes('Files') === true && !isDraggingOut();
    const onOver = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      setOver(false);
      if (!carriesFiles(event)) return;
      event.preventDefault();
      void attempt(takeDropped([...(event.dataTransfer?.files ?? [])]));
    };
    const listening = new AbortController();
    const { signal } = listening;
    window.addEventListener('dragover', onOver, { signal });
    window.addEventListener('dragleave', onLeave, { signal });
    window.addEventListener('drop', onDrop, { signal });
    return () => listening.abort();
  }, []);
  return over ? (
    <div className={styles.target}>
      {inLibrary
        ? 'Drop checkpoints, LoRAs, ControlNets, embeddings (.safetensors), a model folder or a folder of them'
        : 'Drop clips to import them, a project or a timeline to open it, or models for the library'}
    </div>
  ) : null;
}
