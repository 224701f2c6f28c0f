import { expect, it } from 'vitest';
import { contributionIdFault, fullId, pluginIdFault } from '../../src/common/plugins/ids.ts';
import {
  type InstalledPlugin,
  pluginOfFile,
  pluginState,
  pluginsAway,
  pluginsUsed,
  requireOnHere,
} from '../../src/common/plugins/used.ts';
import { setPlugin } from '../../src/common/project/edits-plugins.ts';
import { readDocument, writeDocument } from '../../src/common/project/format.ts';
import { make, startHistory, undo } from '../../src/common/project/history.ts';
import { projectOf, takeOf } from '../helpers/projects.ts';

const plugin = (id: string, more: Partial<InstalledPlugin> = {}): InstalledPlugin => ({
  ...{ id, on: true, disabled: null, problems: [], path: `/home/a/.retake/plugins/${id}` },
  ...more,
});

/** Two shots by a plugin's method, a third by Retake's own with a LoRA of a plugin, and a take of a plugin that is nowhere. */
function withPlugins() {
  const document = projectOf(40, [10, 20]);
  const [first, second, third] = document.timeline.filter((item) => item.kind === 'shot');
  first!.settings.method = { id: 'org.example.blur/guided', params: { radius: 3 } };
  second!.settings.method = { id: 'org.example.blur/guided', params: {} };
  third!.settings.model.loras = [
    { path: '/home/b/.retake/plugins/org.example.looks/ink/a.safetensors' } as never,
  ];
  const take = takeOf('take', first!);
  take.settings.method = { id: 'org.gone.warp/bend', params: { by: 1 } };
  document.takes.take = take;
  return document;
}

it('switches a plugin for the project alone, undone like any edit and kept in the file', () => {
  const history = startHistory(projectOf(10, []));
  const off = make(history, {
    name: 'Switch off',
    edit: (draft) => setPlugin(draft, 'org.example.a', false),
  });
  expect(off.document.plugins).toEqual({ 'org.example.a': false });
  expect(readDocument(writeDocument(off.document)).plugins).toEqual({ 'org.example.a': false });
  expect(undo(off).document.plugins).toEqual({});
  const asForAll = make(off, {
    name: 'As for all',
    edit: (draft) => setPlugin(draft, 'org.example.a', null),
  });
  expect(asForAll.document.plugins).toEqual({});
  expect(() => readDocument(writeDocument(off.document).replace('org.example.a', 'toString'))).toThrow(
    'no Retake writes: plugins.toString',
  );
});

it('lets a shot hold the longest id that a method of a plugin can have', () => {
  const plugin = `org.${'a'.repeat(96)}`;
  const own = `a${'b'.repeat(39)}`;
  expect([pluginIdFault(plugin), pluginIdFault(`${plugin}a`)]).toEqual([
    null,
    expect.stringContaining('100'),
  ]);
  expect([contributionIdFault(own), contributionIdFault(`${own}b`)]).toEqual([null, expect.any(String)]);
  const document = projectOf(10, []);
  const [shot] = document.timeline.filter((item) => item.kind === 'shot');
  shot!.settings.method = { id: fullId(plugin, own), params: {} };
  expect(readDocument(writeDocument(document))).toEqual(document);
});

it('tells what a project has from which plugin: methods of shots and takes, networks by their folder, on whatever machine', () => {
  expect(pluginsUsed(withPlugins(), [])).toEqual([
    {
      id: 'org.example.blur',
      uses: [{ kind: 'method', name: 'org.example.blur/guided' }],
      shots: ['Shot 1', 'Shot 2'],
      takes: 0,
    },
    {
      id: 'org.example.looks',
      uses: [{ kind: 'network', name: '/home/b/.retake/plugins/org.example.looks/ink/a.safetensors' }],
      shots: ['Shot 3'],
      takes: 0,
    },
    { id: 'org.gone.warp', uses: [{ kind: 'method', name: 'org.gone.warp/bend' }], shots: [], takes: 1 },
  ]);
});

it('knows the files of a plugin by its folder, wherever that lies, and no others', () => {
  const mine = [plugin('org.example.mine', { path: '/plugins/mine' })];
  expect(pluginOfFile('/plugins/mine/model', mine)).toBe('org.example.mine');
  expect(pluginOfFile('/plugins/mine-too/model', mine)).toBeNull();
  expect(pluginOfFile('C:\\Users\\a\\plugins\\org.example.looks\\model', [])).toBe('org.example.looks');
  expect(pluginOfFile('/models/plugins/ink.safetensors', [])).toBeNull();
});

it('goes by the switch of the project, then by that for all; what the host switched off stays off', () => {
  const document = projectOf(10, []);
  const state = (more?: Partial<InstalledPlugin>) =>
    pluginState('org.example.a', document, more ? [plugin('org.example.a', more)] : []);
  expect([state(), state({}), state({ on: false })]).toEqual(['missing', 'here', 'off']);
  setPlugin(document, 'org.example.a', true);
  expect([state({ on: false }), state({ disabled: 'It crashed three times' })]).toEqual(['here', 'failed']);
  setPlugin(document, 'org.example.a', false);
  expect([state({}), state({ problems: ['its file is gone'] })]).toEqual(['off-here', 'failed']);
});

it('refuses what the project has off for itself, from the terminal as from the window', () => {
  const document = projectOf(10, []);
  const ask = () => requireOnHere(document, ['fcpxml', 'org.example.ale/ale'], 'exporting');
  ask();
  setPlugin(document, 'org.example.ale', false);
  expect(ask).toThrow('switched off for this project');
  setPlugin(document, 'org.example.ale', true);
  ask();
});

it('names what cannot be used', () => {
  const away = pluginsAway(withPlugins(), [
    plugin('org.example.blur', { on: false }),
    plugin('org.example.looks'),
  ]);
  expect(away.map(({ id, state }) => [id, state])).toEqual([
    ['org.example.blur', 'off'],
    ['org.gone.warp', 'missing'],
  ]);
});
