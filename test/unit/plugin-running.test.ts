import { describe, expect, it } from 'vitest';
import type { PluginHandle } from '../../src/common/plugins/handle.ts';
import { manifestSchema } from '../../src/common/plugins/manifest.ts';
import { Crashes } from '../../src/main/engine/plugins/crashes.ts';
import type { InstalledPlugin } from '../../src/main/engine/plugins/installed.ts';
import { RunningPlugins } from '../../src/main/engine/plugins/running.ts';
import { manifestWith } from '../helpers/plugin.ts';

const MINUTE = 60_000;

describe('bad ends', () => {
  it('are one too many when there are three in ten minutes, plugin by plugin', () => {
    const crashes = new Crashes();
    const at = (minutes: number, plugin = 'a') => crashes.note(plugin, minutes * MINUTE);
    expect([at(0), at(1), at(2, 'b'), at(9.9)]).toEqual([false, false, false, true]);
    // Counted anew for whoever was switched on again.
    expect([at(10), at(11), at(12)]).toEqual([false, false, true]);
    expect([at(20), at(29), at(30), at(38.9)]).toEqual([false, false, false, true]);
  });
});

describe('plugins that can be asked', () => {
  function running() {
    const opened: string[] = [];
    const stopped: string[] = [];
    const off: string[] = [];
    let crash = (_why: string) => {};
    const open = ({ facts }: InstalledPlugin, onCrash: (why: string) => void) => {
      opened.push(facts.id);
      crash = onCrash;
      return {
        facts,
        suites: [],
        call: () => Promise.reject(),
        stop: async () => void stopped.push(facts.id),
      } as PluginHandle;
    };
    const plugins = new RunningPlugins({
      tiers: { process: open, script: open },
      disable: async (id, why) => void off.push(`${id}: ${why}`),
    });
    return { plugins, opened, stopped, off, crash: (why: string) => crash(why) };
  }
  const plugin = {
    facts: { id: 'org.example.ale', name: 'ALE', version: '1.0.0', api: 1 },
    manifest: manifestSchema.parse(manifestWith()),
    developer: true,
  } as InstalledPlugin;

  it('have one handle each, which ends when they are taken away', async () => {
    const { plugins, opened, stopped } = running();
    await expect(plugins.handle('org.example.ale')).rejects.toThrow('is not there or switched off');
    plugins.contribute(plugin);
    const [one, other] = await Promise.all([1, 2].map(() => plugins.handle('org.example.ale')));
    expect(one).toBe(other);
    expect(opened).toEqual(['org.example.ale']);
    await plugins.withdraw('org.example.ale');
    expect(stopped).toEqual(['org.example.ale']);
    await expect(plugins.handle('org.example.ale')).rejects.toThrow('is not there');
  });

  it('are switched off with a word at the third bad end', async () => {
    const { plugins, off, crash } = running();
    plugins.contribute(plugin);
    await plugins.handle('org.example.ale');
    crash('it ran out of memory');
    crash('it ran out of memory');
    expect(off).toEqual([]);
    crash('it did not answer');
    expect(off).toEqual([
      'org.example.ale: It failed three times in ten minutes and was switched off; the last time it did not answer.',
    ]);
  });
});
