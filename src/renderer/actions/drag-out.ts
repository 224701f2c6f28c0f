/** Takes dragged to another program are their files. */
import type { Take } from '../../common/project/document.ts';
import { shell } from '../engine.ts';
import { getDocument } from '../store/project.ts';
import { getTakesView } from '../store/takes.ts';

let leaving = false;

/** Goes on with a drag of the page as one of files. @param icon a PNG as a data URL; empty for a plain one */
export function dragOut(paths: readonly string[], icon: string): void {
  if (paths.length === 0) return;
  leaving = true;
  const over = ({ buttons }: PointerEvent) => {
    if (buttons !== 0) return;
    leaving = false;
    window.removeEventListener('pointermove', over, true);
  };
  // The system keeps the pointer until the drag has ended.
  window.addEventListener('pointermove', over, true);
  shell().dragOut({ paths, icon });
}

/** Files of a take that is dragged: of all chosen ones, where it is one of them. */
export function filesWith(take: Take): readonly string[] {
  const { chosen } = getTakesView();
  const { takes } = getDocument();
  return chosen.includes(take.id) ? chosen.flatMap((id) => takes[id]?.path ?? []) : [take.path];
}

/** What passes over the window now are its own files: they are not dropped on it. */
export function isDraggingOut(): boolean {
  return leaving;
}
