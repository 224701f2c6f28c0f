import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { probe } from '../../src/main/engine/onnx/probe.ts';
import { autoOrder, chooseProvider, probeProviders } from '../../src/main/engine/onnx/provider.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

describe('providers', () => {
  it('are tried in a child, each with an answer', async () => {
    const trials = await probeProviders();
    expect(trials.map((trial) => trial.provider)).toEqual(['cpu', 'cuda', 'dml', 'coreml', 'webgpu']);
    expect(trials[0]).toMatchObject({ ok: true, reason: 'works', software: false });
    for (const trial of trials) {
      expect(trial.reason).not.toBe('');
      expect(trial.milliseconds).toBeGreaterThan(0);
    }
    if (process.platform !== 'win32') expect(trials[2]!.ok).toBe(false);
    if (process.platform !== 'darwin') expect(trials[3]!.ok).toBe(false);
  });

  it('auto ends with one that works and tells why the others did not', async () => {
    const { provider, tried } = await chooseProvider('auto');
    expect(tried.at(-1)).toMatchObject({ provider, ok: true });
    expect(tried.slice(0, -1).every((trial) => !trial.ok && trial.reason !== '')).toBe(true);
    // The answer is kept: asking again costs no process.
    const again = await chooseProvider('auto');
    expect(again.provider).toBe(provider);
    for (const [i, trial] of tried.entries()) expect(again.tried[i]!.milliseconds).toBe(trial.milliseconds);
  });

  it('auto prefers what the platform is best at', () => {
    expect(autoOrder('linux')).toEqual(['cuda', 'webgpu']);
    expect(autoOrder('win32')).toEqual(['cuda', 'dml', 'webgpu']);
    expect(autoOrder('darwin')).toEqual(['coreml', 'webgpu']);
  });

  it.skipIf(process.platform === 'win32')('refuses a wish that cannot be granted', async () => {
    await expect(chooseProvider('dml')).rejects.toMatchObject({
      code: 'provider-unavailable',
      message: 'dml does not work here: not available on this system',
    });
  });

  it('takes the CPU without asking', async () => {
    expect((await chooseProvider('cpu')).provider).toBe('cpu');
  });

  it('survives a child that hangs or dies', async () => {
    expect(await probe('cpu', { timeoutMs: 1 })).toMatchObject({
      ok: false,
      reason: 'no answer within 0.001 s',
    });
    // A preloaded module that ends the process stands for a driver that crashes it.
    const dir = tempFolder();
    const preload = (name: string, code: string) => {
      writeFileSync(join(dir, name), code);
      return { env: { NODE_OPTIONS: `--import=${join(dir, name)}` } };
    };
    const crash = await probe('cpu', preload('crash.mjs', 'process.kill(process.pid, "SIGSEGV"); for (;;);'));
    expect(crash).toMatchObject({ ok: false, reason: 'crashed (SIGSEGV)' });
    expect((await probe('cpu', preload('exit.mjs', 'process.exit(3)'))).reason).toContain('code 3');
  });

  it('stops when cancelled', async () => {
    const stop = new AbortController();
    const running = probe('cpu', { signal: stop.signal });
    stop.abort();
    await expect(running).rejects.toMatchObject({ name: 'Cancelled' });
  });
});
