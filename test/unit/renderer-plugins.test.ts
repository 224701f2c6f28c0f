import { expect, it } from 'vitest';
import type { PluginEntry, PluginLook } from '../../src/common/contract/plugins.ts';
import { manifestSchema } from '../../src/common/plugins/manifest.ts';
import { pluginsUsed } from '../../src/common/plugins/used.ts';
import { rowsOf } from '../../src/renderer/plugins/rows.ts';
import { asked, changeLine, given, stateWord, whereUsed } from '../../src/renderer/plugins/wording.ts';
import { manifestWith } from '../helpers/plugin.ts';
import { projectOf } from '../helpers/projects.ts';

function entry(id: string, name: string, more: Partial<PluginEntry> = {}): PluginEntry {
  const manifest = manifestSchema.parse(manifestWith({ id, name }));
  return {
    ...{ id, name, version: '1.0.0', manifest, path: `/p/plugins/${id}`, developer: false },
    ...{ on: true, disabled: null, problems: [], ...more },
  };
}

it('lists what the project misses first, then what cannot run, then the others by name; and finds them by their words', () => {
  const document = projectOf(20, [10]);
  const [first] = document.timeline.filter((item) => item.kind === 'shot');
  first!.settings.method = { id: 'org.gone.warp/bend', params: {} };
  document.plugins = { 'org.example.c': true };
  const plugins = [
    entry('org.example.d', 'Dots'),
    entry('org.example.b', 'Blur', { disabled: 'It stopped three times' }),
    entry('org.example.c', 'Colours', { on: false }),
  ];
  const rows = rowsOf(plugins, pluginsUsed(document, plugins), document, '');
  expect(rows.map(({ name, state, entry }) => [name, stateWord(state, entry)])).toEqual([
    ['org.gone.warp', 'missing'],
    ['Blur', 'switched off by Retake'],
    ['Colours', 'on in this project'],
    ['Dots', null],
  ]);
  expect(whereUsed(rows[0]!.use!)).toBe('Shot 1');
  expect(rowsOf(plugins, [], document, 'example colo').map(({ name }) => name)).toEqual(['Colours']);
});

it('says what a plugin brings and asks for, each with its reason', () => {
  const { contributes, permissions } = manifestSchema.parse(
    manifestWith({
      tier: 'process',
      permissions: {
        network: { hosts: ['api.example.org', 'b.example.org'], reason: 'It looks up stocks.' },
        write: { reason: 'It keeps a table.' },
      },
      contributes: {
        importers: [{ id: 'ale', label: 'Avid log', endings: ['.ale', '.txt'] }],
        panels: [
          {
            ...{ id: 'p', label: 'Palette', entry: 'p.html', where: 'inspector' as const },
            ...{
              reads: ['frame' as const],
              commands: ['seek' as const, 'copy' as const, 'add-marker' as const],
            },
          },
        ],
      },
    }),
  );
  expect(given(contributes).map(({ kind, label, note }) => `${kind} ${label}: ${note}`)).toEqual([
    'Opens Avid log: .ale and .txt',
    'Panel Palette: in the inspector; sees the frame under the playhead; may move the playhead and copy text when you click; asks before it may add markers',
  ]);
  expect(asked(permissions)).toEqual([
    { what: 'Use the network: api.example.org and b.example.org', reason: 'It looks up stocks.' },
    { what: 'Write files where you choose', reason: 'It keeps a table.' },
  ]);
});

it('says what an installation replaces', () => {
  const look = (change: PluginLook['change'], installed: PluginLook['installed']) =>
    changeLine({ change, installed, manifest: manifestSchema.parse(manifestWith()) } as PluginLook);
  expect(look('new', null)).toBeNull();
  expect(look('update', { version: '0.9.0', author: 'Example', developer: false })).toContain(
    '0.9.0 is installed; this is newer',
  );
  expect(look('downgrade', { version: '2.0.0', author: 'Example', developer: false })).toContain(
    'this is older',
  );
  expect(look('update', { version: '0.9.0', author: 'Example', developer: true })).toContain(
    'developer folder',
  );
});
