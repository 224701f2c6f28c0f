import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BUILT_IN } from '../../src/common/plugins/built-in.ts';
import { fullId, pluginOf } from '../../src/common/plugins/ids.ts';
import { contributionsOf, manifestJsonSchema, parseManifest } from '../../src/common/plugins/manifest.ts';
import { paramsCheck, paramsSchema } from '../../src/common/plugins/params.ts';
import { beyond, permissionLines } from '../../src/common/plugins/permissions.ts';
import { Registry } from '../../src/common/plugins/registry.ts';
import { parametersOf } from '../../src/renderer/inspector/parameters.ts';
import { manifestWith } from '../helpers/plugin.ts';

const read = (other: object) => parseManifest(JSON.stringify({ ...manifestWith(), ...other }));
const HASH = `sha256-${'A'.repeat(43)}=`;
const panel = { id: 'p', label: 'P', entry: 'p.html', where: 'bottom', reads: [], commands: [] };

describe('a manifest', () => {
  it('is read with what it leaves out', () => {
    const manifest = read({});
    expect(manifest.permissions).toEqual({});
    expect(contributionsOf(manifest)).toEqual([{ kind: 'exporters', id: 'ale', label: 'Avid log' }]);
  });

  it.each<[string, object, RegExp]>([
    ['an unknown key', { colour: 'red' }, /it has "colour", which is not known/],
    ['a key inside', { engines: { retake: '*', node: '1' } }, /"engines" has "node"/],
    ['another format', { manifest: 2 }, /"manifest" is for another Retake/],
    ['an id in capitals', { id: 'Org.Example' }, /"id" must be a name turned round/],
    ['an id of one word', { id: 'ale' }, /"id" must be a name turned round/],
    ['an id that climbs', { id: '../org.example' }, /"id" must be/],
    ['an id that Windows keeps', { id: 'con.example' }, /"id" must be/],
    ['an id like a file', { id: 'plugins.json' }, /ends in ".json"/],
    ['an id of Retake', { id: 'retake.methods' }, /is kept for what comes with Retake/],
    ['a version with a build', { version: '1.0.0+7' }, /"version" must be a version/],
    ['a range of nothing', { engines: { retake: 'soon' } }, /"engines.retake" must be a range/],
    ['a name over two lines', { name: 'A\nB' }, /"name" holds letters that cannot be seen/],
    ['a name that runs backwards', { name: 'A\u202eB' }, /"name" holds letters that cannot be seen/],
    ['code in the data tier', { tier: 'data' }, /"main" is not for the tier "data"/],
    ['no code in the script tier', { main: undefined }, /"main" is missing/],
    ['permissions of a script', { permissions: { read: { reason: 'why' } } }, /are for the tier "process"/],
    [
      'a permission without a reason',
      { tier: 'process', permissions: { read: {} } },
      /permissions.read.reason/,
    ],
    ['no host', { tier: 'process', permissions: { network: { hosts: [], reason: 'x' } } }, /1 or more/],
    ['every host', { tier: 'process', permissions: { network: { hosts: ['*'], reason: 'x' } } }, /server/],
    ['nothing contributed', { contributes: {} }, /"contributes" are none/],
    ['a file that climbs', { files: { '../x': HASH } }, /"files.\.\.\/x" is hidden or climbs/],
    ['a file from the root', { files: { '/etc/x': HASH } }, /is no name/],
    ['a file with a backslash', { files: { 'a\\b': HASH } }, /is no name/],
    ['files that differ in capitals', { files: { 'a.js': HASH, 'A.js': HASH } }, /differ in capitals/],
    ['a native addon', { files: { 'x/a.NODE': HASH } }, /no plugin may have one/],
    ['a short hash', { files: { a: 'sha256-AAAA' } }, /must be "sha256-"/],
    ['the prototype', JSON.parse('{"files": {"__proto__": "x"}}'), /has a key "__proto__"/],
    [
      'two of an id',
      { contributes: { panels: [panel, panel] } },
      /"contributes.panels.1.id" "p" is there twice/,
    ],
    ['an id of every object', { contributes: { panels: [{ ...panel, id: 'constructor' }] } }, /short name/],
    ['a method of a script', { contributes: { methods: [] } }, /are for the tier "process"/],
  ])('is refused for %s', (_what, other, line) => {
    expect(() => read(other)).toThrow(line);
  });

  it('is refused where it is no JSON, and where it is huge', () => {
    expect(() => parseManifest('{')).toThrow(/it is no JSON/);
    expect(() => parseManifest(' '.repeat(2 ** 20 + 1))).toThrow(/larger than a megabyte/);
    expect(() => parseManifest('['.repeat(500_000))).toThrow(/it is no JSON|must be an object/);
  });

  it('has a JSON Schema for editors', () => {
    const schema = manifestJsonSchema();
    expect(schema.additionalProperties).toBe(false);
    expect(schema.required).toEqual(expect.arrayContaining(['id', 'engines', 'contributes']));
    expect(schema.required).not.toContain('permissions');
  });
});

describe('parameters of a plugin', () => {
  const properties = {
    radius: {
      type: 'number',
      default: 2,
      minimum: 0,
      maximum: 8,
      title: 'Radius',
      description: 'In pixels.',
    },
    rounds: { type: 'integer', default: 1, minimum: 1 },
    soft: { type: 'boolean', default: true },
    edge: { type: 'string', default: 'wrap', enum: ['wrap', 'mirror'], names: { wrap: 'Wraps round' } },
  };
  const schema = paramsSchema.parse({ type: 'object', properties });

  it('become a check with defaults, which says what the schema said', () => {
    const check = paramsCheck(schema);
    expect(check.parse({})).toEqual({ radius: 2, rounds: 1, soft: true, edge: 'wrap' });
    expect(check.safeParse({ radius: 9 }).success).toBe(false);
    expect(check.safeParse({ rounds: 1.5 }).success).toBe(false);
    expect(check.safeParse({ edge: 'other' }).success).toBe(false);
    expect(check.safeParse({ more: 1 }).success).toBe(false);
    expect(parametersOf(z.toJSONSchema(check, { io: 'input' }))).toEqual(parametersOf(schema));
  });

  it.each([
    ['a type that no form has', { a: { type: 'array', default: [] } }],
    ['no default', { a: { type: 'number' } }],
    ['a default outside its range', { a: { type: 'number', default: 3, maximum: 2 } }],
    ['a word that is not known', { a: { type: 'number', default: 3, pattern: 'x' } }],
    ['a name that every object has', { valueOf: { type: 'number', default: 3 } }],
  ])('are refused for %s', (_what, properties) => {
    expect(paramsSchema.safeParse({ type: 'object', properties }).success).toBe(false);
  });
});

describe('permissions', () => {
  const network = (...hosts: string[]) => ({ network: { hosts, reason: 'It asks a dictionary.' } });

  it('beyond what was granted are told with their reasons', () => {
    expect(beyond(network('a.org'), network('a.org'))).toEqual({});
    expect(permissionLines(beyond(network('a.org'), network('a.org', 'b.org')))).toEqual([
      'Uses the network (b.org): It asks a dictionary.',
    ]);
    expect(beyond({}, { read: { reason: 'x' } })).toEqual({ read: { reason: 'x' } });
  });
});

describe('a registry', () => {
  const ale = { id: 'org.example.ale', version: '1.0.0', api: 1, name: 'Avid log' };

  it('holds what is built in by bare ids and the rest by its plugin', () => {
    const registry = new Registry('method');
    registry.contribute(BUILT_IN.methods, { id: 'pix2video' });
    registry.contribute(ale, { id: fullId(ale.id, 'blur') });
    expect(registry.list.map(({ id }) => id)).toEqual(['pix2video', 'org.example.ale/blur']);
    expect(registry.ownerOf('org.example.ale/blur')).toBe(ale);
    expect(pluginOf('org.example.ale/blur')).toBe(ale.id);
    registry.withdraw(ale.id);
    expect(registry.find('org.example.ale/blur')).toBeUndefined();
    expect(registry.find('pix2video')).toBeDefined();
  });

  it.each([
    ['a bare id', ale, 'blur', /no name for its method/],
    ['an id of another plugin', ale, 'org.example.other/blur', /no name for its method/],
    ['an id that is longer', ale, 'org.example.ale/a/b', /no name for its method/],
    ['a name of what is built in', { ...BUILT_IN.methods }, 'blur', /does not come with Retake/],
    ['an id that is taken', BUILT_IN.methods, 'taken', /there is a method "taken" already/],
  ])('refuses %s', (_what, plugin, id, line) => {
    const registry = new Registry('method');
    registry.contribute(BUILT_IN.methods, { id: 'taken' });
    expect(() => registry.contribute(plugin, { id })).toThrow(line);
    expect(registry.list).toHaveLength(1);
  });
});
