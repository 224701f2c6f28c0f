import { describe, expect, it } from 'vitest';
import type { Menus } from '../../src/common/bridge.ts';
import { commands } from '../../src/renderer/actions/registry.ts';
import { impossible, MENUS, menusOf, type Present } from '../../src/renderer/commands/menus.ts';
import {
  acceleratorOf,
  bindingOf,
  commandFor,
  conflictsOf,
  type KeyPress,
  keyMap,
  labelOf,
  partOf,
  pressesOf,
} from '../../src/renderer/keyboard/keymap.ts';
import { PRESETS } from '../../src/renderer/keyboard/presets.ts';

function press(key: string, code: string, ...modifiers: string[]): KeyPress {
  return { key, code, getModifierState: (one) => modifiers.includes(one) };
}

const map = keyMap(
  [
    { id: 'forward', keys: ['KeyL'] },
    { id: 'split', keys: ['s', '$mod+b'] },
    { id: 'undo', keys: ['$mod+z'] },
    { id: 'redo', keys: ['$mod+y', '$mod+Shift+z'] },
    { id: 'lift', keys: ['z'] },
    { id: 'in', keys: ['[Shift]+(\\+|=)', 'NumpadAdd'] },
    { id: 'help', keys: ['[Shift]+(\\?)'] },
    { id: 'large', keys: ['Shift+ArrowLeft'] },
  ],
  {},
);

describe('which command a key gives', () => {
  it.each([
    ['l', press('l', 'KeyL'), 'forward'],
    ['L with caps lock', press('L', 'KeyL'), 'forward'],
    ['the place of L on a Dvorak keyboard', press('n', 'KeyL'), 'forward'],
    ['s', press('s', 'KeyS'), 'split'],
    ['Ctrl+B', press('b', 'KeyB', 'Control'), 'split'],
    ['z', press('z', 'KeyZ'), 'lift'],
    ['Ctrl+Z', press('z', 'KeyZ', 'Control'), 'undo'],
    ['Ctrl+Z on a German keyboard', press('z', 'KeyY', 'Control'), 'undo'],
    ['Ctrl+Z on a Russian keyboard', press('я', 'KeyZ', 'Control'), 'undo'],
    ['s on a Greek keyboard', press('σ', 'KeyS'), 'split'],
    ['Ctrl+Shift+Z', press('Z', 'KeyZ', 'Control', 'Shift'), 'redo'],
    ['+ with Shift', press('+', 'Equal', 'Shift'), 'in'],
    ['+ without', press('+', 'BracketRight'), 'in'],
    ['=', press('=', 'Equal'), 'in'],
    ['?', press('?', 'Slash', 'Shift'), 'help'],
    ['? on a German keyboard', press('?', 'Minus', 'Shift'), 'help'],
    ['Shift+←', press('ArrowLeft', 'ArrowLeft', 'Shift'), 'large'],
    ['← alone', press('ArrowLeft', 'ArrowLeft'), null],
    ['Ctrl+L', press('l', 'KeyL', 'Control'), null],
    ['Alt+S', press('s', 'KeyS', 'Alt'), null],
  ])('%s', (_name, event, command) => {
    expect(commandFor(map, event)).toBe(command);
  });
});

describe('changing keys', () => {
  it('lays changes over the defaults; an empty list takes a key away', () => {
    const changed = keyMap(
      [
        { id: 'split', keys: ['s'] },
        { id: 'lift', keys: ['z'] },
      ],
      { split: ['c'], lift: [] },
    );
    expect(commandFor(changed, press('c', 'KeyC'))).toBe('split');
    expect(commandFor(changed, press('z', 'KeyZ'))).toBeNull();
  });

  it('keeps what the artist changed with every preset, and gives its key to nothing else', () => {
    const changes = { 'edit.split': ['p'], 'view.full': [] };
    for (const { keys } of PRESETS) {
      const changed = keyMap(commands, changes, keys);
      expect(changed['edit.split']).toEqual(['p']);
      expect(changed['view.full']).toEqual([]);
      expect(commandFor(changed, press('p', 'KeyP'))).toBe('edit.split');
      expect(conflictsOf(changed).filter(({ press: one }) => one === 'p')).toEqual([]);
    }
    // Given back, the preset's own are there again.
    const { keys } = PRESETS.find(({ id }) => id === 'resolve')!;
    expect(commandFor(keyMap(commands, {}, keys), press('p', 'KeyP'))).toBe('view.full');
    expect(commandFor(keyMap(commands, {}, keys), press('=', 'Equal'))).toBe('seek.goTo');
    expect(commandFor(keyMap(commands, {}), press('=', 'Equal'))).toBe('zoom.in');
  });

  it('finds conflicts however the two bindings are written', () => {
    expect(conflictsOf({ a: ['KeyS'], b: ['s'] })).toEqual([{ press: 's', commands: ['a', 'b'] }]);
    expect(conflictsOf({ a: ['Shift+Control+z'], b: ['Control+Shift+KeyZ'] })).toHaveLength(1);
    expect(conflictsOf({ a: ['[Shift]+(\\+|=)'], b: ['Shift+='] })).toEqual([
      { press: 'Shift+=', commands: ['a', 'b'] },
    ]);
    expect(conflictsOf({ a: ['Digit0'], b: ['0'] })).toHaveLength(1);
    expect(conflictsOf({ a: ['s', 'KeyS'], b: ['Shift+s'] })).toEqual([]);
  });

  it('keeps a press as a binding that gives it again', () => {
    for (const event of [
      press('s', 'KeyS'),
      press('S', 'KeyS', 'Shift'),
      press('ы', 'KeyS', 'Control'),
      press('ArrowUp', 'ArrowUp', 'Alt', 'Shift'),
      press('?', 'Slash', 'Shift'),
      press('0', 'Digit0'),
      press(' ', 'Space'),
    ]) {
      expect(commandFor({ it: [bindingOf(event)!] }, event)).toBe('it');
    }
    expect(bindingOf(press('Shift', 'ShiftLeft', 'Shift'))).toBeNull();
  });
});

it('names keys as the artist sees them', () => {
  expect(labelOf('Control+Shift+z', false)).toBe('Ctrl+Shift+Z');
  expect(labelOf('Meta+Alt+ArrowLeft', true)).toBe('⌘⌥←');
  expect(labelOf('KeyJ', false)).toBe('J');
  expect(labelOf('[Shift]+(\\?)', false)).toBe('?');
  expect(labelOf('[Shift]+(\\+|=)', false)).toBe('+');
  expect(labelOf('Shift+Digit1', false)).toBe('Shift+1');
  expect(labelOf('BracketLeft', false)).toBe('[');
  const asMenu = (binding: string) => acceleratorOf(binding, false);
  expect(asMenu('Control+Shift+z')).toBe('Ctrl+Shift+Z');
  expect(asMenu('KeyJ')).toBe('J');
  expect(asMenu('[Shift]+(\\+|=)')).toBe('Plus');
  expect(asMenu('Alt+ArrowLeft')).toBe('Alt+Left');
  expect(asMenu('AudioVolumeUp')).toBeNull();
  expect(acceleratorOf('Meta+n', true)).toBe('Cmd+N');
  expect(acceleratorOf('Meta+a', true)).toBeNull();
  expect(pressesOf('[Shift]+(\\+|=)')).toEqual(['+', '=', 'Shift++', 'Shift+=']);
});

describe('the commands of the page', () => {
  it.each(PRESETS)('have ids of their own and no key twice with the keys of $name', ({ keys }) => {
    expect(new Set(commands.map(({ id }) => id)).size).toBe(commands.length);
    // Those with a condition have theirs before all others, and only while it holds.
    const conditional = new Set(commands.flatMap(({ id, when }) => (when ? [id] : [])));
    const map = keyMap(commands, {}, keys);
    expect(Object.keys(keys).filter((id) => !(id in map))).toEqual([]);
    expect(conflictsOf(partOf(map, (id) => !conditional.has(id)))).toEqual([]);
    expect(conflictsOf(partOf(map, (id) => conditional.has(id)))).toEqual([]);
  });

  it('include every entry of the menus, each once, by its own name and the key in force', () => {
    const ids = Object.values(MENUS)
      .flat()
      .filter((id) => id !== null && id !== 'recent');
    expect(new Set(ids).size).toBe(ids.length);
    const known = commands.map(({ id }) => id);
    expect(ids.filter((id) => !known.includes(id!))).toEqual([]);
    const map = keyMap(commands, { 'edit.split': ['Alt+q'], 'take.next': [] });
    const entry = (menus: Menus, id: string) =>
      Object.values(menus)
        .flat()
        .find((one) => one !== null && one !== 'recent' && one.id === id);
    const menus = menusOf(commands, map, false);
    expect(entry(menus, 'edit.split')).toEqual({
      id: 'edit.split',
      label: 'Split at the playhead',
      accelerator: 'Alt+Q',
    });
    expect(entry(menus, 'take.next')).toMatchObject({ accelerator: null });
    expect(menus.file[2]).toBe('recent');
    // What a Mac's menu takes is not typed into a field any more.
    expect(entry(menusOf(commands, map, true), 'edit.split')).toMatchObject({ accelerator: null });
  });

  it('that cannot be given now are greyed in the menus', () => {
    const nothing: Present = {
      ...{ project: false, shot: false, take: false, anchor: false, range: false },
      ...{ engine: true, learning: false, learnt: false, undo: false, redo: false },
    };
    const greyed = impossible(nothing);
    expect(greyed).toEqual(expect.arrayContaining(['file.save', 'edit.undo', 'render.shots', 'take.next']));
    expect(greyed).toEqual(expect.arrayContaining(['queue.stopLearning', 'take.saveLora']));
    for (const id of ['file.new', 'file.open', 'help.about', 'view.keys']) expect(greyed).not.toContain(id);
    const all = Object.fromEntries(Object.keys(nothing).map((need) => [need, true])) as unknown as Present;
    expect(impossible(all)).toEqual([]);
  });
});
