/** Key presses of the window become commands, unless the artist types or a control wants the key itself. */
import { commands, run } from '../actions/registry.ts';
import { getKeyMap } from './bindings.ts';
import { commandFor, partOf } from './keymap.ts';

const TYPING =
  'textarea,select,[contenteditable=""],[contenteditable="true"],' +
  'input:not([type=range]):not([type=checkbox]):not([type=radio]):not([type=button])';
/** Open layers keep all keys to themselves. */
const LAYERS =
  '[role=dialog],[role=alertdialog],[role=menu],[role=listbox]:not([data-timeline]):not([data-mask])';
/** Keys that press, open or move through a focused control. */
const CONTROL_KEYS = /^( |Enter|Arrow\w+|Home|End|PageUp|PageDown|Escape)$/;
const CONTROLS =
  'button,a[href],input,summary,[role=button],[role=slider],[role=tab],[role=radio],[role=switch],[role=checkbox],' +
  '[role=gridcell],[role=row],[role=treeitem],[role=separator],[role=combobox]';

/** Controls that are pressed; of those, the pointer's press leaves the keys to the window. */
const PRESSED = 'button,a[href],summary,[role=button],[role=tab],[role=switch],[role=checkbox],[role=radio]';
/** Keys that play, move and let go. */
const TRANSPORT = /^( |Arrow\w+|Home|End|PageUp|PageDown|Escape)$/;

/** With Ctrl or Cmd, what a text field does itself. */
const FIELD_KEYS = /^([zyaxcvb]|Backspace|Delete|Arrow\w+|Home|End)$/i;

function wantedElsewhere(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return true;
  const target = event.target;
  if (!(target instanceof Element)) return false;
  if (target.closest(LAYERS)) return true;
  const command = event.ctrlKey || event.metaKey;
  // Fields keep their own undo, copying and moving; saving, rendering and the like work everywhere.
  if (target.closest(TYPING)) return !command || FIELD_KEYS.test(event.key);
  const plain = !command && !event.altKey;
  return plain && CONTROL_KEYS.test(event.key) && target.closest(CONTROLS) !== null;
}

const conditions = new Map(commands.flatMap(({ id, when }) => (when ? [[id, when] as const] : [])));

/** A command whose condition holds has its keys before all others. */
function given(event: KeyboardEvent): string | null {
  const map = getKeyMap();
  return (
    commandFor(
      partOf(map, (id) => conditions.get(id)?.() === true),
      event,
    ) ??
    commandFor(
      partOf(map, (id) => !conditions.has(id)),
      event,
    )
  );
}

const repeating = new Set(commands.filter((command) => command.repeats).map(({ id }) => id));

/**
 * A control that the pointer pressed, also one that a closing menu gave the focus back to, does not keep the keys: Space
 * plays and the arrows move. One that was reached by keys keeps them.
 */
function pressedByPointer(event: KeyboardEvent, focusBy: 'pointer' | 'keys'): HTMLElement | null {
  const { target } = event;
  if (focusBy !== 'pointer' || event.ctrlKey || event.metaKey || event.altKey) return null;
  if (!(target instanceof HTMLElement) || !TRANSPORT.test(event.key)) return null;
  if (target.closest(LAYERS) || target.closest(TYPING) || target.getAttribute('aria-expanded') === 'true')
    return null;
  return target.closest(PRESSED) ? target : null;
}

/** Starts listening; returns what stops it. */
export function listenToKeys(target: Window): () => void {
  let hand: 'pointer' | 'keys' = 'keys';
  let focusBy: 'pointer' | 'keys' = 'keys';
  const listening = new AbortController();
  const first = { signal: listening.signal, capture: true };
  target.addEventListener('pointerdown', () => (hand = 'pointer'), first);
  target.addEventListener('focusin', () => (focusBy = hand), first);
  target.addEventListener(
    'keydown',
    (event) => {
      const control = pressedByPointer(event, focusBy);
      hand = 'keys';
      if (!control) return;
      control.blur();
      event.stopPropagation();
      onKey(event, true);
    },
    first,
  );
  const onKey = (event: KeyboardEvent, isOurs = false) => {
    if (!isOurs && wantedElsewhere(event)) return;
    const id = given(event);
    if (id === null) return;
    // Also when a held key is not to repeat: the browser's own answer to it stays away.
    event.preventDefault();
    if (!event.repeat || repeating.has(id)) void run(id);
  };
  target.addEventListener('keydown', (event) => onKey(event), { signal: listening.signal });
  return () => listening.abort();
}
