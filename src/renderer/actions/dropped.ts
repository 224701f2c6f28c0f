/** Files that were dropped: projects and timelines are opened, plugins looked into, models go into the library, the rest is imported. */
import { isNamedLikeTimeline } from '../../common/timeline-endings.ts';
import { call, shell } from '../engine.ts';
import { attempt, tell } from '../store/notices.ts';
import { getOpened } from '../store/project.ts';
import { endingsOfPlugins } from '../store/timeline-ways.ts';
import { nameOfFile } from '../words.ts';
import { importClips } from './import-clip.ts';
import { addToLibrary } from './library.ts';
import { openTimeline } from './open-timeline.ts';
import { lookIntoPlugin } from './plugins.ts';
import { createProject, openProject } from './project.ts';

export async function takeDropped(files: readonly File[]): Promise<void> {
  const paths = files.map((file) => shell().pathForFile(file)).filter((path) => path !== null);
  if (paths.length < files.length) tell('Some of what you dropped is no file on this machine.', 'problem');
  const isProject = (path: string) => /\.retake$/i.test(path);
  const [project, ...others] = paths.filter(isProject);
  const more = await endingsOfPlugins();
  const isTimeline = (path: string) => isNamedLikeTimeline(path, more);
  const [timeline, ...unopened] = paths.filter(isTimeline);
  const { forLibrary, clips, plugins } = await sorted(
    paths.filter((path) => !isProject(path) && !isTimeline(path)),
  );
  if (others.length > 0) tell(`Only one project opens at a time: ${nameOfFile(project!)}.`, 'problem');
  if (timeline && (project || unopened.length > 0))
    tell(`One at a time: drop ${nameOfFile(project ? timeline : unopened[0]!)} again to open it.`, 'problem');
  if (project) await openProject(project);
  else if (timeline) await openTimeline(timeline);
  else if (plugins[0]) await lookIntoPlugin(plugins[0]);
  if (plugins.length > 1 || (plugins[0] && (project || timeline)))
    tell('One at a time: drop the plugin again to install it.', 'problem');
  // One that is refused keeps no other out.
  for (const path of forLibrary) await attempt(addToLibrary(path));
  if (clips.length > 0 && (getOpened() || (await makeProjectFor(clips[0]!)))) await importClips(clips);
}

/** Nothing of the library has such a name; a run of pictures is not asked about one by one. */
const CLIP = /\.(mov|mp4|m4v|mxf|mkv|avi|webm|mpe?g|m?ts|gif|apng|png|exr|dpx|tiff?|jpe?g|webp|bmp|tga)$/i;

/** Which of the dropped are for the library is told by what they hold, not by their names. */
async function sorted(paths: readonly string[]) {
  const forLibrary: string[] = [];
  const clips: string[] = [];
  const plugins: string[] = [];
  for (const path of paths) {
    const isClip = CLIP.test(path);
    if (!isClip && (await call('plugins.recognise', { path })).is) {
      plugins.push(path);
      continue;
    }
    const { as } = isClip ? { as: null } : await call('library.recognise', { path });
    (as === null ? clips : forLibrary).push(path);
  }
  return { forLibrary, clips, plugins };
}

/** A clip dropped where no project is open begins one; false when the artist does not say where to keep it. */
async function makeProjectFor(clip: string): Promise<boolean> {
  const name = nameOfFile(clip).replace(/\.[^.]+$/, '');
  const path = await shell().saveProjectDialog(name);
  if (!path) return false;
  await createProject(path);
  return true;
}
