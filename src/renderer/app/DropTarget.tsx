/** Files dropped anywhere: a project is opened, everything else is imported into it. */
import { useEffect, useState } from 'react';
import { importClips } from '../actions/import-clip.ts';
import { createProject, openProject } from '../actions/project.ts';
import { shell } from '../engine.ts';
import { attempt, tell } from '../store/notices.ts';
import { getOpened } from '../store/project.ts';
import styles from './DropTarget.module.css';

async function take(files: readonly File[]): Promise<void> {
  const paths = files.map((file) => shell().pathForFile(file)).filter((path) => path !== null);
  if (paths.length < files.length) tell('Some of what you dropped is no file on this machine.', 'problem');
  const isProject = (path: string) => /\.retake$/i.test(path);
  const [project, ...others] = paths.filter(isProject);
  const clips = paths.filter((path) => !isProject(path));
  if (others.length > 0) tell(`Only one project opens at a time: ${nameOfFile(project!)}.`, 'problem');
  if (project) await openProject(project);
  if (clips.length > 0 && (getOpened() || (await makeProjectFor(clips[0]!)))) await importClips(clips);
}

const nameOfFile = (path: string) => path.replace(/^.*[\\/]/, '');

/** A clip dropped where no project is open begins one; false when the artist does not say where to keep it. */
async function makeProjectFor(clip: string): Promise<boolean> {
  const name = nameOfFile(clip).replace(/\.[^.]+$/, '');
  const path = await shell().saveProjectDialog(name);
  if (!path) return false;
  await createProject(path);
  return true;
}

export function DropTarget() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
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
      void attempt(take([...(event.dataTransfer?.files ?? [])]));
    };
    const listening = new AbortController();
    const { signal } = listening;
    window.addEventListener('dragover', onOver, { signal });
    window.addEventListener('dragleave', onLeave, { signal });
    window.addEventListener('drop', onDrop, { signal });
    return () => listening.abort();
  }, []);
  return over ? (
    <div className={styles.target}>Drop clips to import them, or a project to open it</div>
  ) : null;
}
