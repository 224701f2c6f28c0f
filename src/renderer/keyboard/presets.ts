/** Keys as other programs have them, as data: command id → bindings, over the commands' own. What a preset does not name stays. */
import type { KeyMap } from './keymap.ts';

interface Preset {
  readonly id: string;
  readonly name: string;
  readonly keys: KeyMap;
}

/** Commands that stand where the other program has one of its own are moved beside it. */
export const PRESETS: readonly Preset[] = [
  { id: 'retake', name: 'Retake', keys: {} },
  {
    id: 'resolve',
    name: 'DaVinci Resolve',
    keys: {
      'play.loop': ['$mod+/'],
      'play.range': ['Alt+Slash'],
      'seek.goTo': ['=', '$mod+g'],
      'seek.previous': ['ArrowUp', ';'],
      'seek.next': ['ArrowDown', "'"],
      'edit.split': ['$mod+b', '$mod+Backslash'],
      'edit.merge': ['Alt+Backslash'],
      'edit.delete': ['Delete', 'Shift+Backspace'],
      'edit.lift': ['Backspace'],
      'range.lift': ['Alt+Backspace'],
      'trim.startToPlayhead': ['Shift+BracketLeft'],
      'trim.endToPlayhead': ['Shift+BracketRight'],
      'trim.endEarlier': ['$mod+Shift+BracketLeft'],
      'trim.endLater': ['$mod+Shift+BracketRight'],
      'select.underPlayhead': ['Shift+v'],
      'compare.swap': ['Alt+Shift+KeyV'],
      'marker.remove': ['Alt+KeyM'],
      'zoom.in': ['$mod+=', 'NumpadAdd'],
      'zoom.out': ['$mod+-', 'NumpadSubtract'],
      'zoom.fit': ['Shift+z'],
      'picture.fit': ['z'],
      'view.clipOfShot': ['f'],
      'view.full': ['p', '$mod+f', 'F11'],
      'mask.polygon': ['Alt+KeyP'],
    },
  },
  {
    id: 'premiere',
    name: 'Premiere Pro',
    keys: {
      'edit.split': ['$mod+k'],
      'edit.merge': ['$mod+j'],
      'edit.delete': ['Shift+Delete', 'Shift+Backspace'],
      'edit.lift': ['Delete', 'Backspace'],
      'edit.duplicate': ['$mod+Shift+/', '$mod+d'],
      'range.clear': ['$mod+Shift+KeyX'],
      'range.lift': [';'],
      'range.remove': ["'"],
      'marker.edit': ['Alt+KeyM'],
      'marker.next': ['Shift+m'],
      'marker.previous': ['$mod+Shift+m'],
      'marker.remove': ['$mod+Alt+KeyM'],
      'marker.clear': ['$mod+Alt+Shift+KeyM'],
      'sound.mute': ['Alt+KeyU'],
      'tool.select': ['v'],
      'tool.roll': ['n'],
      'compare.peek': ['Backquote'],
      'view.snapping': ['s'],
      'view.full': ['$mod+Backquote', 'F11'],
      'view.clipOfShot': ['f'],
      'picture.fit': ['Shift+z'],
      'zoom.fit': ['Backslash'],
      'clip.insert': [','],
      'mask.previousKey': ['Alt+Comma'],
      'mask.nextKey': ['Alt+Period'],
    },
  },
];

export function presetOf(id: string): Preset {
  return PRESETS.find((one) => one.id === id) ?? PRESETS[0]!;
}
