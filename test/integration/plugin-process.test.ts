/** Plugins in processes of their own, as they should be. What they must not do is in plugin-attacks.test.ts. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Cancelled, errorLine } from '../../src/common/errors.ts';
import { suite } from '../../src/common/plugins/suites.ts';
import { PluginLog } from '../../src/main/engine/plugins/log.ts';
import { echo1, echo2 } from '../helpers/echo-suites.ts';
import { processPlugin } from '../helpers/process-plugin.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const work = suite('work', 1, {
  double: {
    on: 'works',
    input: z.tuple([z.instanceof(Float32Array), z.object({ bytes: z.instanceof(Uint8Array) })]),
    output: z.strictObject({ doubled: z.instanceof(Float32Array), bytes: z.instanceof(Uint8Array) }),
  },
  wait: { on: 'works', input: z.tuple([]), output: z.null() },
  files: { on: 'works', input: z.tuple([z.string()]), output: z.string() },
});

describe('a plugin in a process of its own', () => {
  it('is spoken to in either of two majors that are offered at once', async () => {
    const old = processPlugin(`export default { echoes: { a: { say: (text) => text + '!' } } };`);
    const both = processPlugin(
      `let host;
      export default {
        activate(given) { host = given; },
        echoes: { a: { say: (text, { loud }) => ({ said: host.suites + ' ' + (loud ? text.toUpperCase() : text) }) } },
      };`,
      { suites: ['echo@1', 'echo@2'] },
    );
    expect(old.plugin.suites).toEqual(['echo@1']);
    expect(await old.plugin.call(echo1, 'say', 'a', ['one'])).toBe('one!');
    expect(await both.plugin.call(echo2, 'say', 'a', ['two', { loud: true }])).toEqual({
      said: 'echo@2 TWO',
    });
    await expect(both.plugin.call(echo1, 'say', 'a', ['one'])).rejects.toThrow('does not speak echo@1');
    expect(() => processPlugin('', { suites: ['echo@3'] })).toThrow('it wants echo@3');
  });

  it('may decline, and is told by name where it cannot be loaded or answers something else', async () => {
    const declining = processPlugin(`export default { activate: () => ({ declines: 'no graphics card' }) };`);
    const ask = (one: ReturnType<typeof processPlugin>) =>
      one.plugin.call(echo1, 'say', 'a', ['x']).then(String, errorLine);
    expect(await ask(declining)).toBe(
      'running Echo 1.2.0: it declines to work here: no graphics card. Look for another version of it.',
    );
    expect(declining.crashes).toEqual([]);
    expect(await ask(processPlugin('export default {'))).toMatch(
      /^running Echo 1.2.0: it cannot be loaded: /,
    );
    expect(await ask(processPlugin('export default {};'))).toContain('it has no echoes.a.say');
    expect(await ask(processPlugin('export default { echoes: { a: { say: () => 7 } } };'))).toBe(
      'running Echo 1.2.0: its answer to echoes.a.say is none: it must be a string. Tell whoever made the plugin, or switch it off.',
    );
    expect(
      await ask(processPlugin(`export default { echoes: { a: () => { throw new Error('not\\nthat'); } } };`)),
    ).toContain('Echo 1.2.0: not that.');
  });

  it('gets arrays of numbers as copies and what else it is given frozen; it says how far it is, and stops when it is given up', async () => {
    const { plugin } = processPlugin(
      `let stopped = false;
      export default { works: { a: {
        double(values, { bytes }, call) {
          call.progress(0.5);
          for (let i = 0; i < values.length; i++) values[i] *= 2;
          return { doubled: values, bytes: bytes.slice(1) };
        },
        wait: (call) => stopped ? null : new Promise((done) => call.signal.addEventListener('abort', () => { stopped = true; done(null); })),
      } } };`,
      { suites: ['work@1'], offered: [work] },
    );
    const values = Float32Array.from({ length: 300_001 }, (_, i) => i / 7);
    const bytes = new Uint8Array([1, 2, 3]);
    const told: number[] = [];
    const onProgress = (done: number) => told.push(done);
    const made = await plugin.call(work, 'double', 'a', [values, { bytes }], { onProgress });
    expect(made.doubled).toEqual(values.map((value) => value * 2));
    expect([...made.bytes]).toEqual([2, 3]);
    expect([values[7], told]).toEqual([1, [0.5]]);
    const abort = new AbortController();
    const waiting = plugin.call(work, 'wait', 'a', [], { signal: abort.signal });
    setImmediate(() => abort.abort());
    await expect(waiting).rejects.toThrow(Cancelled);
    // Whoever heard of it answers at once, and the late answer is nobody's.
    expect(await plugin.call(work, 'wait', 'a', [])).toBeNull();
    expect(plugin.dropped).toBe(1);
  });

  it('reads and writes what was picked for a call, where it may, and hears of no path', async () => {
    const code = `export default { works: { a: { async files(what, call) {
      const text = new TextDecoder().decode(await call.read('notes'));
      await call.write('out', text.toUpperCase());
      return call.read(what).then(() => 'read', (error) => error.message);
    } } } };`;
    const reason = { reason: 'because' };
    const options = { suites: ['work@1'], offered: [work] };
    const may = processPlugin(code, { ...options, permissions: { read: reason, write: reason } });
    const dir = tempFolder();
    writeFileSync(join(dir, 'notes.txt'), 'words');
    const files = {
      notes: { path: join(dir, 'notes.txt'), for: 'read' },
      out: { path: join(dir, 'out.txt'), for: 'write' },
    } as const;
    expect(await may.plugin.call(work, 'files', 'a', ['out'], { files })).toBe(
      '"out" was not picked to read in this call',
    );
    expect(readFileSync(join(dir, 'out.txt'), 'utf8')).toBe('WORDS');
    expect(await may.plugin.call(work, 'files', 'a', ['/etc/passwd'], { files })).toContain('was not picked');
    const mayNot = processPlugin(code, options);
    await expect(mayNot.plugin.call(work, 'files', 'a', ['notes'], { files })).rejects.toThrow(
      'no permission "read"',
    );
  });

  it('is ended when nobody asks, and started again by its next use', async () => {
    const logFile = join(tempFolder(), 'logs', 'echo.log');
    const { plugin, crashes } = processPlugin(
      `let count = 0; export default { echoes: { a: { say: (text) => { console.log('heard', text); return text + ++count; } } } };`,
      { limits: { idleMs: 1 }, log: new PluginLog(logFile) },
    );
    expect(await plugin.call(echo1, 'say', 'a', ['x'])).toBe('x1');
    await expect.poll(() => plugin.isRunning).toBe(false);
    expect(await plugin.call(echo1, 'say', 'a', ['y'])).toBe('y1');
    // What it prints comes by another pipe than what it answers: all of it is there once it is gone.
    await plugin.stop();
    expect(plugin.log).toBe('heard x\nheard y\n');
    expect(readFileSync(logFile, 'utf8')).toBe(plugin.log);
    expect(crashes).toEqual([]);
  });
});
