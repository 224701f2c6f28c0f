import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holdPlugins } from '../../src/common/plugins/in-use.ts';
import { publish, writeWhole } from '../../src/main/atomic-files.ts';
import { requireLent, tryingNetworks } from '../../src/main/engine/models/contributed.ts';
import { type DiskSteps, PluginKeeper } from '../../src/main/engine/plugins/install/keeper.ts';
import { openPackage } from '../../src/main/engine/plugins/install/package.ts';
import { type Contributor, Plugins } from '../../src/main/engine/plugins/plugins.ts';
import { manifestWith, packed, unpacked } from '../helpers/plugin.ts';

let dir = '';
let plugins = new Plugins({ dir: '/nowhere', contributors: [] });
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'retake-plugins-'));
  plugins = fresh();
});
afterEach(() => {
  plugins.stop();
  rmSync(dir, { recursive: true, force: true });
});

const ID = 'org.example.ale';
const home = () => join(dir, 'plugins');
const fresh = (...contributors: Contributor[]) => new Plugins({ dir: home(), contributors });
const at = (name: string) => join(dir, name);
const network = (...hosts: string[]) => ({
  ...{ tier: 'process' as const },
  permissions: { network: { hosts, reason: 'It asks a dictionary.' } },
});

/** As an artist does who agrees. */
async function install(path: string, into = plugins): Promise<void> {
  const { consent } = await into.look(path);
  await into.install(path, consent);
}

/** What a person reads of each: id, version, on, why not. */
async function told(of = plugins) {
  return (await of.list()).map(({ id, version, on, disabled, problems }) =>
    [id, version, on ? 'on' : 'off', disabled, ...problems].filter((one) => one !== null).join(' '),
  );
}

/** Remembers what it holds, and fails for one plugin. */
function holding(failing = ''): Contributor & { readonly held: Set<string> } {
  const held = new Set<string>();
  return {
    held,
    contribute({ facts }) {
      held.add(`${facts.id} ${facts.version}`);
      if (facts.id === failing) throw new Error('no such graph');
    },
    withdraw(id) {
      for (const one of held) if (one.startsWith(`${id} `)) held.delete(one);
    },
  };
}

describe('plugins of a machine', () => {
  it('are none where there is no folder', async () => {
    expect(await plugins.list()).toEqual([]);
  });

  it('come from an archive, and are updated, switched and removed', async () => {
    const look = await plugins.look(await packed(at('1.zip'), network('a.org')));
    expect(look).toMatchObject({ change: 'new', installed: null, files: 1, problems: [] });
    expect(look.asks).toEqual(['Uses the network (a.org): It asks a dictionary.']);
    await plugins.install(at('1.zip'), look.consent);
    expect(await told()).toEqual([`${ID} 1.0.0 on`]);
    const file = join(home(), ID, 'index.js');
    expect(await readFile(file, 'utf8')).toBe('export default {};');
    expect((await stat(file)).mode & 0o222).toBe(0);

    const more = { ...network('a.org', 'b.org'), version: '1.1.0', author: 'Somebody else' };
    const update = await plugins.look(await packed(at('2.zip'), more));
    expect(update).toMatchObject({ change: 'update', installed: { version: '1.0.0', author: 'Example' } });
    expect(update.asks).toEqual(['Uses the network (b.org): It asks a dictionary.']);
    await expect(plugins.install(at('2.zip'), look.consent)).rejects.toThrow(
      /2.zip is not what was agreed to/,
    );
    await plugins.enable(ID, false);
    await plugins.install(at('2.zip'), update.consent);
    expect(await told()).toEqual([`${ID} 1.1.0 off`]);
    expect(await plugins.look(at('1.zip'))).toMatchObject({ change: 'downgrade', asks: [] });
    await plugins.enable(ID, true);
    await plugins.disable(ID, 'It broke three times.');
    expect(await told()).toEqual([`${ID} 1.1.0 on It broke three times.`]);
    await plugins.enable(ID, true);
    expect(await told()).toEqual([`${ID} 1.1.0 on`]);

    await plugins.remove(ID);
    expect(await told()).toEqual([]);
    expect((await readdir(home())).sort()).toEqual(['.lock', 'plugins.json']);
  });

  it('are there for a project that has one on for itself, though it is off for all; not where Retake has switched it off', async () => {
    const one = holding();
    plugins = fresh(one);
    await install(await packed(at('a.zip')));
    await plugins.enable(ID, false);
    expect([...one.held]).toEqual([]);
    await plugins.runFor({ [ID]: true });
    expect([...one.held]).toEqual([`${ID} 1.0.0`]);
    expect(await told()).toEqual([`${ID} 1.0.0 off`]);
    await plugins.runFor({ [ID]: false });
    expect([...one.held]).toEqual([]);
    await plugins.runFor({ [ID]: true });
    // The render that runs is of another project.
    await plugins.runFor({ [ID]: true }, 'render');
    await plugins.runFor({});
    expect([...one.held]).toEqual([`${ID} 1.0.0`]);
    await plugins.runFor({}, 'render');
    expect([...one.held]).toEqual([]);
    await plugins.runFor({ [ID]: true });
    await plugins.disable(ID, 'It stopped.');
    expect([...one.held]).toEqual([]);
  });

  it('come from a folder, which is sealed: what changes afterwards does not run', async () => {
    await install(
      await unpacked(at('made'), manifestWith(), {
        ...{ 'index.js': 'export default {};', '.git/x': '', 'test/a.ale': '', 'old.zip': '', 'a.d.ts': '' },
      }),
    );
    expect(await told()).toEqual([`${ID} 1.0.0 on`]);
    expect((await readdir(join(home(), ID))).sort()).toEqual(['index.js', 'retake-plugin.json']);
    await writeFile(join(home(), ID, 'more.js'), '');
    expect(await told()).toEqual([expect.stringMatching(/"more.js" is in it and not in its list/)]);
    await rm(join(home(), ID, 'more.js'));
    await rm(join(home(), ID, 'index.js'));
    await writeFile(join(home(), ID, 'index.js'), 'export default {a};');
    expect(await told()).toEqual([expect.stringMatching(/"index.js" has been changed/)]);
    await install(at('made'));
    expect(await told()).toEqual([`${ID} 1.0.0 on`]);
  });

  it('run where they are made, before what is installed, and are started anew when asked', async () => {
    const contributor = holding();
    plugins = fresh(contributor);
    await install(await packed(at('1.zip')));
    await plugins.develop(await unpacked(at('made'), manifestWith({ version: '2.0.0' })), true);
    expect([...contributor.held]).toEqual([`${ID} 2.0.0`]);
    await unpacked(at('made'), manifestWith({ version: '2.0.1', ...network('a.org') }));
    await plugins.refresh();
    expect(await told()).toEqual([expect.stringMatching(/asks for more than was agreed to/)]);
    await plugins.reload(ID);
    expect([...contributor.held]).toEqual([`${ID} 2.0.1`]);
    await plugins.develop(at('made'), false);
    expect([...contributor.held]).toEqual([`${ID} 1.0.0`]);
    await expect(plugins.reload(ID)).rejects.toThrow(/no developer folder/);
    await plugins.develop(at('made'), true);
    await plugins.remove(ID);
    expect([await told(), (await readdir(at('made'))).length]).toEqual([[], 2]);
  });

  it('are told as broken, each with why, and the others run', async () => {
    const [first, second] = [holding(), holding('org.example.bad')];
    plugins = fresh(first, second);
    await install(await packed(at('1.zip')));
    await install(await packed(at('2.zip'), { id: 'org.example.bad' }));
    await unpacked(join(home(), 'org.example.broken'), '{');
    await unpacked(join(home(), 'org.example.liar'));
    await unpacked(join(home(), 'org.example.put'), manifestWith({ id: 'org.example.put', files: {} }), {});
    await unpacked(join(home(), 'No plugin'));
    await unpacked(join(home(), 'org.example.vast'), ' '.repeat(2e6));
    await plugins.refresh();
    expect([...first.held, ...second.held]).toEqual([`${ID} 1.0.0`, `${ID} 1.0.0`]);
    expect(await told()).toEqual([
      `${ID} 1.0.0 on`,
      expect.stringMatching(/bad 1.0.0 on no such graph/),
      expect.stringMatching(/broken {2}off .*it is no JSON/),
      expect.stringMatching(/liar {2}off .*it calls itself org.example.ale/),
      expect.stringMatching(
        /put 1.0.0 off .*Its file "index.js" is not there. It was put there and not installed/,
      ),
      expect.stringMatching(/vast {2}off .*is larger than a megabyte/),
    ]);
    await expect(plugins.remove('org.example.put')).rejects.toThrow(/not installed by Retake/);
    await expect(plugins.enable('org.example.none', true)).rejects.toThrow(/there is no plugin/);
  });

  it('made for another Retake are refused before they are installed', async () => {
    await packed(at('1.zip'), { engines: { retake: '>=99' } });
    expect((await plugins.look(at('1.zip'))).problems).toEqual([
      expect.stringMatching(/made for Retake >=99/),
    ]);
    await expect(install(at('1.zip'))).rejects.toThrow(/made for Retake >=99/);
  });

  it('lend no network while they are switched off, wherever they lie; who makes one may try it', async () => {
    const made = await unpacked(at('made'));
    const network = join(made, 'model');
    requireLent(network);
    await plugins.develop(made, true);
    requireLent(network);
    await plugins.enable(ID, false);
    expect(() => requireLent(network)).toThrow(
      `it comes with the plugin Avid log (${ID}), which is switched off`,
    );
    requireLent(`${network}/../../elsewhere`);
    const trying = tryingNetworks(made);
    requireLent(network);
    trying[Symbol.dispose]();
    await plugins.develop(made, false);
    requireLent(network);
    await install(made);
    await plugins.enable(ID, false);
    expect(() => requireLent(join(home(), ID, 'model'))).toThrow(/which is switched off/);
  });

  it('are not changed while something uses them', async () => {
    await install(await packed(at('1.zip')));
    await packed(at('2.zip'), { version: '1.1.0' });
    const made = await unpacked(at('made'));
    const uses = [holdPlugins([ID], 'a render'), holdPlugins([ID, ID], 'an export')];
    const look = await plugins.look(at('2.zip'));
    const busy = { code: 'plugin-busy', message: `a render uses ${ID} right now` };
    await expect(plugins.install(at('2.zip'), look.consent)).rejects.toMatchObject(busy);
    await expect(plugins.enable(ID, false)).rejects.toMatchObject(busy);
    await expect(plugins.remove(ID)).rejects.toMatchObject(busy);
    await expect(plugins.develop(made, true)).rejects.toMatchObject(busy);
    await plugins.enable(ID, true);
    await install(await packed(at('b.zip'), { id: 'org.example.other' }));
    uses[0]![Symbol.dispose]();
    uses[0]![Symbol.dispose]();
    await expect(plugins.remove(ID)).rejects.toThrow(/an export uses/);
    expect((await told())[0]).toBe(`${ID} 1.0.0 on`);
    uses[1]![Symbol.dispose]();
    await plugins.develop(made, true);
    const use = holdPlugins([ID], 'a render');
    await expect(plugins.reload(ID)).rejects.toMatchObject(busy);
    await expect(plugins.develop(made, false)).rejects.toMatchObject(busy);
    use[Symbol.dispose]();
    await plugins.remove(ID);
    expect(await told()).toEqual(['org.example.other 1.0.0 on']);
  });

  it('that another engine changes while they are used change here once they are idle', async () => {
    const one = holding();
    plugins = fresh(one);
    await install(await packed(at('1.zip')));
    const use = holdPlugins([ID], 'a render');
    await new PluginKeeper(home()).install(
      await openPackage(await packed(at('2.zip'), { version: '1.1.0' })),
    );
    await plugins.refresh();
    expect([...one.held]).toEqual([`${ID} 1.0.0`]);
    use[Symbol.dispose]();
    await plugins.refresh();
    expect([...one.held]).toEqual([`${ID} 1.1.0`]);
  });

  it('in a developer folder are started anew in every engine', async () => {
    const made = await unpacked(at('made'));
    await plugins.develop(made, true);
    let told = Promise.withResolvers<void>();
    let contributed = 0;
    const counting = {
      contribute() {
        contributed++;
        told.resolve();
      },
      withdraw() {},
    };
    const other = fresh(counting);
    await other.start();
    await writeFile(join(made, 'index.js'), 'export default { more: true };');
    await other.refresh();
    expect(contributed).toBe(1);
    told = Promise.withResolvers<void>();
    await plugins.reload(ID);
    await told.promise;
    other.stop();
    expect(contributed).toBe(2);
  });

  it('are seen by another engine on the same folder', async () => {
    await install(await packed(at('1.zip')));
    const contributor = holding();
    const { promise, resolve } = Promise.withResolvers<void>();
    const other = new Plugins({ dir: home(), contributors: [contributor], onChange: resolve });
    await other.start();
    expect([...contributor.held]).toEqual([`${ID} 1.0.0`]);
    await install(await packed(at('2.zip'), { version: '1.1.0' }));
    await promise;
    other.stop();
    expect([...contributor.held]).toEqual([`${ID} 1.1.0`]);
  });
});

describe('a damaged plugins.json', () => {
  it.each([
    ['no JSON', '{'],
    ['huge', ' '.repeat(5e6)],
    ['of another format', '{"format": 2, "plugins": []}'],
    ['with a prototype', '{"format": 1, "plugins": [{"__proto__": {"id": "org.example.ale", "on": true}}]}'],
    ['that names what is built in', '{"format": 1, "plugins": [{"id": "retake.methods", "on": true}]}'],
  ])('%s stops nothing and loses nothing: what was agreed to is asked again', async (_what, text) => {
    const contributor = holding();
    await install(await packed(at('1.zip')));
    plugins = fresh(contributor);
    await writeFile(join(home(), 'plugins.json'), text);
    await plugins.refresh();
    expect([...contributor.held]).toEqual([]);
    expect(await told()).toEqual([expect.stringMatching(/agreed to cannot be read any more/)]);
    await install(at('1.zip'));
    expect([...contributor.held]).toEqual([`${ID} 1.0.0`]);
    const aside = (await readdir(home())).find((name) => name.startsWith('plugins-damaged-'));
    expect(await readFile(join(home(), aside!), 'utf8')).toBe(text);
    expect(Object.prototype).not.toHaveProperty('on');
  });
});

describe('a kill at any moment', () => {
  /** Everything from a step on does not happen any more, as after a kill. */
  function killedAt(step: number): DiskSteps {
    let done = 0;
    const unlessKilled = async (work: () => Promise<void>) => {
      if (++done > step) throw new Error('killed');
      await work();
    };
    return {
      publish: (from, to) => unlessKilled(() => publish(from, to)),
      write: (file, text) => unlessKilled(() => writeWhole(file, text)),
      remove: (path) => unlessKilled(() => rm(path, { recursive: true, force: true })),
    };
  }

  it.each([
    ['installing', null],
    ['updating', '1.0.0'],
    ['removing', '1.0.0'],
  ])('of %s leaves the old or the new, whole', async (what, before) => {
    const after = what === 'removing' ? [] : [`${ID} 1.1.0 on`];
    const seen = new Set<string>();
    for (let step = 0; seen.size === 0 || !seen.has('done'); step++) {
      await rm(home(), { recursive: true, force: true });
      plugins = fresh();
      if (before) await install(await packed(at('old.zip')));
      await packed(at('new.zip'), { version: '1.1.0' });
      const killed = new Plugins({ dir: home(), contributors: [], disk: killedAt(step) });
      const work = what === 'removing' ? killed.remove(ID) : install(at('new.zip'), killed);
      const outcome = await work.then(
        () => 'done',
        () => 'killed',
      );
      seen.add(outcome);
      const next = fresh();
      await next.start();
      next.stop();
      const list = await told(next);
      expect([before ? [`${ID} 1.0.0 on`] : [], after]).toContainEqual(list);
      if (outcome === 'done') expect(list).toEqual(after);
      const left = (await readdir(home())).filter((name) => name !== ID);
      expect(left.filter((name) => !['.lock', 'plugins.json'].includes(name))).toEqual([]);
    }
    expect(seen).toEqual(new Set(['killed', 'done']));
  });

  it('of unpacking leaves nothing behind', async () => {
    await packed(at('1.zip'), { files: { 'index.js': `sha256-${'A'.repeat(43)}=` } });
    await expect(install(at('1.zip'))).rejects.toThrow(/"index.js" is not the file that its list names/);
    expect((await readdir(home())).filter((name) => name !== '.lock')).toEqual([]);
  });
});

it('a folder with a link in it is not installed, and one that gets a link does not run', async () => {
  await unpacked(at('made'));
  await symlink('/etc/passwd', at('made/words.txt'));
  await expect(install(at('made'))).rejects.toThrow(/"words.txt" is a link/);
  await rm(at('made/words.txt'));
  await install(at('made'));
  await symlink('/etc/passwd', join(home(), ID, 'words.txt'));
  expect(await told()).toEqual([expect.stringMatching(/"words.txt" is a link/)]);
});
