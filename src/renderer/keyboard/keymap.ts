/**
 * Which keys give which command, as data. Bindings are written as tinykeys writes them: "KeyJ" is a place on the keyboard
 * (transport keeps its shape on every layout), "j" a letter, "$mod" Ctrl or Cmd, "[Shift]" may be held.
 */
import { matchKeybindingPress, parseKeybinding } from 'tinykeys';

/** Command id → its bindings; an empty list takes a key away. */
export type KeyMap = Readonly<Record<string, readonly string[]>>;

/** What matching reads of a KeyboardEvent. */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  getModifierState(modifier: string): boolean;
}

interface HasKeys {
  readonly id: string;
  readonly keys: readonly string[];
  /** A command with a condition has its keys before all others, and may have theirs. */
  readonly when?: () => boolean;
}

/**
 * The commands' own keys, with a preset's over them and the artist's changes over both: a key that the artist gave away is
 * given to nothing else, whatever the preset says.
 */
export function keyMap(commands: readonly HasKeys[], changes: KeyMap, preset: KeyMap = {}): KeyMap {
  const pressesGiven = (conditional: boolean) =>
    new Set(
      commands
        .filter(({ id, when }) => changes[id] !== undefined && (when !== undefined) === conditional)
        .flatMap(({ id }) => changes[id]!.flatMap(pressesOf)),
    );
  const [always, sometimes] = [pressesGiven(false), pressesGiven(true)];
  return Object.fromEntries(
    commands.map(({ id, keys, when }) => {
      const given = when ? sometimes : always;
      const left = (preset[id] ?? keys).filter(
        (binding) => !pressesOf(binding).some((one) => given.has(one)),
      );
      return [id, changes[id] ?? left];
    }),
  );
}

/** What of a key map is of the commands that pass. */
export function partOf(map: KeyMap, passes: (id: string) => boolean): KeyMap {
  return Object.fromEntries(Object.entries(map).filter(([id]) => passes(id)));
}

/** On a Cyrillic or Greek layout a letter key says no Latin letter; its place on the keyboard stands for it then. */
function withLatinKey(event: KeyPress): KeyPress {
  const place = /^Key([A-Z])$/.exec(event.code);
  if (!place || event.key.length !== 1 || event.key <= '\u024f') return event;
  return {
    key: place[1]!.toLowerCase(),
    code: event.code,
    getModifierState: (modifier) => event.getModifierState(modifier),
  };
}

/** Id of the command that a key press gives; null for none. */
export function commandFor(map: KeyMap, event: KeyPress): string | null {
  const press = withLatinKey(event) as KeyboardEvent;
  for (const [id, bindings] of Object.entries(map)) {
    for (const binding of bindings) {
      const [wanted] = parseKeybinding(binding);
      if (wanted && matchKeybindingPress(press, wanted)) return id;
    }
  }
  return null;
}

/** All presses a binding stands for, in one spelling, so that two bindings can be compared. */
export function pressesOf(binding: string): string[] {
  return parseKeybinding(binding).flatMap(([required, optional, key]) => {
    const names =
      key instanceof RegExp
        ? key.source
            .replace(/^\^\(\?:(.*)\)\$$/, '$1')
            .split(/(?<!\\)\|/)
            .map((one) => one.replace(/\\(.)/g, '$1'))
        : [key];
    let modifiers = [[...required]];
    for (const one of optional) modifiers = modifiers.flatMap((set) => [set, [...set, one]]);
    return modifiers.flatMap((set) => names.map((name) => [...set.sort(), plainKey(name)].join('+')));
  });
}

function plainKey(name: string): string {
  return name.replace(/^(Key|Digit)(?=.$)/, '').toLowerCase();
}

export interface Conflict {
  readonly press: string;
  readonly commands: readonly string[];
}

/** Presses that two commands claim. */
export function conflictsOf(map: KeyMap): Conflict[] {
  const claims = new Map<string, Set<string>>();
  for (const [id, bindings] of Object.entries(map)) {
    for (const press of bindings.flatMap(pressesOf)) {
      claims.set(press, (claims.get(press) ?? new Set()).add(id));
    }
  }
  return [...claims].filter(([, ids]) => ids.size > 1).map(([press, ids]) => ({ press, commands: [...ids] }));
}

/** The binding that a press would be kept as; null for a modifier alone. */
export function bindingOf(event: KeyPress): string | null {
  if (['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'Dead', 'Unidentified'].includes(event.key))
    return null;
  const { key, code } = withLatinKey(event);
  const letter = /^[a-z]$/i.test(key);
  const modifiers = ['Control', 'Meta', 'Alt', 'Shift'].filter((one) => event.getModifierState(one));
  // A sign such as "?" already says that Shift is held, on this layout.
  const name = letter ? key.toLowerCase() : code;
  return [...modifiers, name].join('+');
}

const SIGNS: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  BracketLeft: '[',
  BracketRight: ']',
  NumpadAdd: 'Num +',
  NumpadSubtract: 'Num -',
  Numpad0: 'Num 0',
  Delete: 'Del',
  Escape: 'Esc',
};

/** "Ctrl+Shift+Z", "⌘Z" on a Mac, "+ =" for either of two. */
export function labelOf(binding: string, mac: boolean): string {
  const [press] = parseKeybinding(binding);
  if (!press) return '';
  const [required, , key] = press;
  const names: Readonly<Record<string, string>> = mac
    ? { Meta: '⌘', Control: '⌃', Alt: '⌥', Shift: '⇧' }
    : { Meta: 'Win', Control: 'Ctrl', Alt: 'Alt', Shift: 'Shift' };
  const shown = key instanceof RegExp ? pressesOf(binding)[0]!.replace(/^.*\+(?=.)/, '') : key;
  const plain = shown.replace(/^(Key|Digit)(?=.$)/, '');
  const last = SIGNS[plain] ?? (plain.length === 1 ? plain.toUpperCase() : plain);
  return [...required.map((one) => names[one] ?? one), last].join(mac ? '' : '+');
}

/** Electron's names of keys; a letter or a digit is its own. */
const ACCELERATORS: Readonly<Record<string, string>> = {
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  BracketLeft: '[',
  BracketRight: ']',
  Comma: ',',
  Period: '.',
  Space: 'Space',
  Enter: 'Enter',
  Escape: 'Esc',
  Delete: 'Delete',
  Backspace: 'Backspace',
  Home: 'Home',
  End: 'End',
  PageUp: 'PageUp',
  PageDown: 'PageDown',
  NumpadAdd: 'numadd',
  NumpadSubtract: 'numsub',
  '+': 'Plus',
};

/** Keys with Cmd that text fields on a Mac take from the menu, where the page's own commands must not stand before them. */
const FIELD_KEYS = /^([zyaxcvb]|Backspace|Delete|Arrow\w+|Home|End)$/i;

/**
 * A binding as Electron's menus write it; null for one that they cannot show. On a Mac a menu's keys are given before the
 * page hears them, so none that is typed into fields is said there.
 */
export function acceleratorOf(binding: string, mac: boolean): string | null {
  const [press, ...more] = parseKeybinding(binding);
  if (!press || more.length > 0) return null;
  const [required, , key] = press;
  const shown = key instanceof RegExp ? pressesOf(binding)[0]!.replace(/^.*\+(?=.)/, '') : key;
  const plain = shown.replace(/^(Key|Digit)(?=.$)/, '');
  const name =
    ACCELERATORS[plain] ?? (/^F\d{1,2}$/.test(plain) || plain.length === 1 ? plain.toUpperCase() : null);
  if (name === null) return null;
  const command = required.includes('Meta');
  if (mac && (!command || FIELD_KEYS.test(plain))) return null;
  const names: Readonly<Record<string, string>> = {
    Meta: mac ? 'Cmd' : 'Super',
    Control: 'Ctrl',
    Alt: 'Alt',
    Shift: 'Shift',
  };
  return [...required.map((one) => names[one] ?? one), name].join('+');
}
