/** Files dropped anywhere: a project is opened, models go into the library, everything else is imported. */
import { useEffect, useState } from 'react';
import { isNamedLikeTimeline } from '../../common/timeline-endings.ts';
import { isDraggingOut } from '../actions/drag-out.ts';
import { importClips } from '../actions/import-clip.ts';
import { addToLibrary } from '../actions/library.ts';
import { openTimeline } from '../actions/open-timeline.ts';
import { createProject, openProject } from '../actions/project.ts';
import { call, shell } from '../engine.ts';
import { attempt, tell } from '../store/notices.ts';
import { getOpened } from '../store/project.ts';
import { useView } from '../store/view.ts';
import { nameOfFile } from '../words.ts';
import styles from './DropTarget.module.css';

async function take(files: readonly File[]): Promise<void> {
  const paths = files.map((file) => shell().pathForFile(file)).filter((path) => path !== null);
  if (paths.length < files.length) tell('Some of what you dropped is no file on this machine.', 'problem');
  const isProject = (path: string) => /\.retake$/i.test(path);
  const [project, ...others] = paths.filter(isProject);
  const [timeline, ...unopened] = paths.filter(isNamedLikeTimeline);
  const { forLibrary, clips } = await sorted(
    paths.filter((path) => !isProject(path) && !isNamedLikeTimeline(path)),
  );
  if (others.length > 0) tell(`Only one project opens at a time: ${nameOfFile(project!)}.`, 'problem');
  if (timeline && (project || unopened.length > 0))
    tell(`One at a time: drop ${nameOfFile(project ? timeline : unopened[0]!)} again to open it.`, 'problem');
  if (project) await openProject(project);
  else if (timeline) await openTimeline(timeline);
  // One that is refused keeps no other out.
  for (const path of forLibrary) await attempt(addToLibrary(path));
  if (clips.length > 0 && (getOpened() || (await makeProjectFor(clips[0]!)))) await importClips(clips);
}

/** Nothing of the library has such a name; a run of pictures is not asked about one by one. */
const CLIP = /\.(mov|mp4|m4v|mxf|mkv|avi|webm|mpe?g|m?ts|png|exr|dpx|tiff?|jpe?g|webp)$/i;

/** Which of the dropped are for the library is told by what they hold, not by their names. */
async function sorted(paths: readonly string[]) {
  const forLibrary: string[] = [];
  const clips: string[] = [];
  for (const path of paths) {
    const { as } = CLIP.test(path) ? { as: null } : await call('library.recognise', { path });
    (as === null ? clips : forLibrary).push(path);
  }
  return { forLibrary, clips };
}

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
    <div className={styles.target}>
      {inLibrary
        ? 'Drop checkpoints, LoRAs, ControlNets, embeddings (.safetensors), a model folder or a folder of them'
        : 'Drop clips to import them, a project or a timeline to open it, or models for the library'}
    </div>
  ) : null;
}
