/** Zoom, snapping and sheets. */
import { getPlaced, lengthOfPlaced } from '../store/current.ts';
import { getView, setView } from '../store/view.ts';
import { fitAll, zoomAt } from '../store/zoom.ts';
import type { Command } from './command.ts';

const STEP = 1.5;

/** Zooms around the playhead if it is in sight, else around the middle. */
function zoomBy(factor: number): void {
  const { playhead, scroll, scale, timelineWidth } = getView();
  const x = (playhead + 0.5 - scroll) * scale;
  setView(
    zoomAt(
      getView(),
      x >= 0 && x <= timelineWidth ? x : timelineWidth / 2,
      factor,
      lengthOfPlaced(getPlaced()),
    ),
  );
}

export const zoomCommands: readonly Command[] = [
  {
    id: 'zoom.in',
    name: 'Zoom in',
    group: 'View',
    keys: ['[Shift]+(\\+|=)', 'NumpadAdd'],
    repeats: true,
    run: () => zoomBy(STEP),
  },
  {
    id: 'zoom.out',
    name: 'Zoom out',
    group: 'View',
    keys: ['-', 'NumpadSubtract'],
    repeats: true,
    run: () => zoomBy(1 / STEP),
  },
  {
    id: 'zoom.fit',
    name: 'Fit the whole timeline',
    group: 'View',
    keys: ['Digit0', 'Numpad0'],
    run: () => setView(fitAll(getView(), lengthOfPlaced(getPlaced()))),
  },
  {
    id: 'view.snapping',
    name: 'Snapping on or off',
    group: 'View',
    keys: ['n'],
    run: () => setView({ snapping: !getView().snapping }),
  },
  {
    id: 'view.keys',
    name: 'List of keys',
    group: 'View',
    keys: ['[Shift]+(\\?)'],
    run: () => setView({ dialog: 'keys' }),
  },
  {
    id: 'view.library',
    name: 'Library of models',
    group: 'View',
    keys: [],
    run: () => setView({ dialog: 'library' }),
  },
  {
    id: 'help.about',
    name: 'About Retake',
    group: 'View',
    keys: [],
    run: () => setView({ dialog: 'about' }),
  },
];
