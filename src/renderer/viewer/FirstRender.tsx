/** Until the first render of a project: the one key that starts it. */

import { useKeyLabel } from '../keyboard/bindings.ts';
import { useCurrentShot } from '../store/current.ts';
import { useJobs } from '../store/jobs.ts';
import { useMasking } from '../store/masking.ts';
import { useDocument, useOpened } from '../store/project.ts';
import styles from './FirstRender.module.css';

export function FirstRender() {
  const keys = useKeyLabel('render.shots');
  const shot = useCurrentShot();
  const untouched = useDocument((document) => Object.keys(document.takes).length === 0);
  const project = useOpened()?.id;
  const idle = useJobs((jobs) => !jobs.entries.some((one) => one.project?.id === project));
  const isDrawing = useMasking((state) => state.tool !== null);
  if (isDrawing || !untouched || !idle || !shot || keys === '') return null;
  const ready = shot.item.settings.prompts.target.trim() !== '';
  return (
    <p className={styles.hint}>
      {ready ? 'Press' : 'Write a prompt, then press'} <kbd>{keys}</kbd> to render {shot.item.name}
    </p>
  );
}
