/** The system's file dialogs. All answer null for "nothing chosen". */
import { type BrowserWindow, dialog } from 'electron';
import type { FileToSave } from '../../common/bridge.ts';
import { portableName } from '../../common/file-name.ts';
import { TIMELINE_ENDINGS } from '../../common/timeline-endings.ts';

const CLIPS = [
  'mov',
  'mp4',
  'mxf',
  'mkv',
  'avi',
  'webm',
  'm4v',
  'mpg',
  'mpeg',
  'mts',
  'm2ts',
  'ts',
  'gif',
  'apng',
];
/** All pictures of a run chosen together are one clip. */
const PICTURES = ['png', 'exr', 'dpx', 'tif', 'tiff', 'jpg', 'jpeg', 'webp', 'bmp', 'tga'];
const PROJECTS = [{ name: 'Retake project', extensions: ['retake'] }];

async function paths(
  window: BrowserWindow,
  options: Electron.OpenDialogOptions,
): Promise<readonly string[] | null> {
  const { canceled, filePaths } = await dialog.showOpenDialog(window, options);
  return canceled || filePaths.length === 0 ? null : filePaths;
}

export function openClips(window: BrowserWindow): Promise<readonly string[] | null> {
  return paths(window, {
    title: 'Import clips',
    buttonLabel: 'Import',
    filters: [
      { name: 'Clips', extensions: [...CLIPS, ...PICTURES] },
      { name: 'All files', extensions: ['*'] },
    ],
    properties: ['openFile', 'multiSelections'],
  });
}

export function openModels(window: BrowserWindow): Promise<readonly string[] | null> {
  return paths(window, {
    title: 'Add models, LoRAs, ControlNets, embeddings',
    buttonLabel: 'Add',
    filters: [
      { name: 'Weights', extensions: ['safetensors'] },
      { name: 'All files', extensions: ['*'] },
    ],
    properties: ['openFile', 'multiSelections'],
  });
}

export async function openProject(window: BrowserWindow): Promise<string | null> {
  const chosen = await paths(window, { title: 'Open project', filters: PROJECTS, properties: ['openFile'] });
  return chosen?.[0] ?? null;
}

export async function openPlugin(window: BrowserWindow): Promise<string | null> {
  const chosen = await paths(window, {
    title: 'Install a plugin',
    buttonLabel: 'Look into it',
    filters: [{ name: 'Plugin', extensions: ['zip'] }],
    properties: ['openFile'],
  });
  return chosen?.[0] ?? null;
}

/** @param more endings that plugins read */
export async function openTimeline(window: BrowserWindow, more: readonly string[]): Promise<string | null> {
  const chosen = await paths(window, {
    title: 'Open a timeline of another program',
    filters: [
      { name: 'Timelines', extensions: [...new Set([...TIMELINE_ENDINGS, ...more])] },
      { name: 'All files', extensions: ['*'] },
    ],
    properties: ['openFile'],
  });
  return chosen?.[0] ?? null;
}

export async function openFolder(window: BrowserWindow, title: string): Promise<string | null> {
  const chosen = await paths(window, { title, properties: ['openDirectory', 'createDirectory'] });
  return chosen?.[0] ?? null;
}

/** @param folder where the dialog starts */
export async function saveProject(
  window: BrowserWindow,
  name: string,
  folder: string,
): Promise<string | null> {
  const { canceled, filePath } = await dialog.showSaveDialog(window, {
    title: 'Save project',
    defaultPath: `${folder}/${portableName(name, 'Untitled')}.retake`,
    filters: PROJECTS,
    properties: ['createDirectory', 'showOverwriteConfirmation'],
  });
  if (canceled || !filePath) return null;
  return /\.retake$/i.test(filePath) ? filePath : `${filePath}.retake`;
}

const ENDINGS = { png: 'PNG picture', mp4: 'H.264 movie', safetensors: 'LoRA' } as const;

/** @param folder where the dialog starts */
export async function saveFile(
  window: BrowserWindow,
  { title, name, ending }: FileToSave,
  folder: string,
): Promise<string | null> {
  const { canceled, filePath } = await dialog.showSaveDialog(window, {
    title,
    defaultPath: `${folder}/${portableName(name, title)}.${ending}`,
    filters: [{ name: ENDINGS[ending], extensions: [ending] }],
    properties: ['createDirectory', 'showOverwriteConfirmation'],
  });
  if (canceled || !filePath) return null;
  return filePath.toLowerCase().endsWith(`.${ending}`) ? filePath : `${filePath}.${ending}`;
}

/** True when the artist wants to quit although the project could not be saved. */
export async function quitUnsaved(window: BrowserWindow, why: string): Promise<boolean> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'warning',
    message: 'The project could not be saved.',
    detail: why,
    buttons: ['Stay', 'Quit without saving'],
    defaultId: 0,
    cancelId: 0,
  });
  return response === 1;
}
