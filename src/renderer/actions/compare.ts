/** Comparing two pictures, and the zoom of the viewer. */
import { COMPARISONS, getViewer, setComparison, setViewer } from '../store/viewer.ts';
import type { Command } from './command.ts';

function nextMode(): void {
  const { comparison } = getViewer();
  setComparison(COMPARISONS[(COMPARISONS.indexOf(comparison) + 1) % COMPARISONS.length]!);
}

export const compareCommands: readonly Command[] = [
  {
    id: 'compare.toggle',
    name: 'Compare A and B',
    group: 'View',
    keys: ['c'],
    run() {
      const { comparison, lastComparison } = getViewer();
      setComparison(comparison === 'off' ? lastComparison : 'off');
    },
  },
  {
    id: 'compare.next',
    name: 'Next way to compare',
    group: 'View',
    keys: ['Shift+c'],
    run: nextMode,
  },
  {
    id: 'compare.swap',
    name: 'Swap A and B',
    group: 'View',
    keys: ['Shift+v'],
    run() {
      const { a, b } = getViewer();
      setViewer({ a: b, b: a });
    },
  },
  {
    // The viewer lets go when the key comes up.
    id: 'compare.peek',
    name: 'Show the other picture while held',
    group: 'View',
    keys: ['v'],
    run: () => setViewer({ peek: true }),
  },
  {
    id: 'picture.fit',
    name: 'Fit the picture',
    group: 'View',
    keys: ['f'],
    run: () => setViewer({ camera: { zoom: null, x: 0, y: 0 } }),
  },
  {
    id: 'picture.actual',
    name: 'Picture at 100 %',
    group: 'View',
    keys: ['Shift+f'],
    run: () => setViewer({ camera: { zoom: 1 / devicePixelRatio, x: 0, y: 0 } }),
  },
  {
    id: 'sound.mute',
    name: 'Sound on or off',
    group: 'Playback',
    keys: ['Shift+m'],
    run: () => setViewer({ muted: !getViewer().muted }),
  },
];
