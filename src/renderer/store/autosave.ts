/** Every change reaches the file half a second later, and at once when the artist saves, switches project or quits. */
import { call } from '../engine.ts';
import { tellError } from './notices.ts';
import { getDocument, markSaved, markUnsaved, projectStore } from './project.ts';

const DELAY_MS = 500;
/** After a failure: the disk may be full or away, and the artist may be mending it. */
const RETRY_MS = 5000;
let timer: ReturnType<typeof setTimeout> | undefined;
let writing: Promise<void> = Promise.resolve();

async function write(): Promise<void> {
  const { opened, saved } = projectStore.getState();
  const document = getDocument();
  if (!opened || document === saved) return;
  try {
    await call('project.save', { project: opened.id, document });
  } catch (error) {
    markUnsaved();
    throw error;
  }
  // Another project may have been opened meanwhile.
  if (projectStore.getState().opened?.path === opened.path) markSaved(document);
}

/** Writes what is unsaved and waits for it. @throws AppError when the file cannot be written */
export function flush(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  // One save at a time and in order; a failed one does not keep the next from trying.
  writing = writing.catch(() => {}).then(write);
  return writing;
}

function schedule(delay: number): void {
  timer ??= setTimeout(() => {
    flush().catch((error: unknown) => {
      tellError(error);
      schedule(RETRY_MS);
    });
  }, delay);
}

export function startAutosave(): () => void {
  const stop = projectStore.subscribe((state) => {
    if (state.opened && state.history.document !== state.saved) schedule(DELAY_MS);
  });
  return () => {
    clearTimeout(timer);
    timer = undefined;
    stop();
  };
}
