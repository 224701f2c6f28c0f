import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { probe } from '../../src/main/engine/onnx/probe.ts';
import { candidates, chooseProvider, probeProviders } from '../../src/main/engine/onnx/provider.ts';
import { Timings } from '../../src/main/engine/onnx/timings.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

describe('providers', () => {
  it('are tried in a child, each with an answer', async () => {
    const trials = await probeProviders();
    expect(trials.map((trial) => trial.provider)).toEqual(['cpu', 'cuda', 'dml', 'coreml', 'webgpu']);
    expect(trials[0]).toMatchObject({ ok: true, software: false });
    expect(trials[0]!.reason).toMatch(/^works, [\d.]+ ms a call$/);
    for (const trial of trials) {
      expect(trial.reason).not.toBe('');
      expect(trial.milliseconds).toBeGreaterThan(0);
    }
    if (process.platform !== 'win32') expect(trials[2]!.ok).toBe(false);
    if (process.platform !== 'darwin') expect(trials[3]!.ok).toBe(false);
  });

  it('auto takes one that works and tells of the others', async () => {
    const { provider, tried } = await chooseProvider('auto');
    expect(tried.map((trial) => trial.provider)).toEqual([...candidates(process.platform), 'cpu']);
    expect(tried.find((trial) => trial.provider === provider)).toMatchObject({ ok: true, software: false });
    expect(tried.every((trial) => trial.reason !== '')).toBe(true);
    // The answer is kept: asking again costs no process.
    const again = await chooseProvider('auto');
    expect(again.provider).toBe(provider);
    for (const [i, trial] of tried.entries()) expect(again.tried[i]!.milliseconds).toBe(trial.milliseconds);
  });

  it('auto asks what the platform has', () => {
    expect(candidates('linux')).toEqual(['cuda', 'webgpu']);
    expect(candidates('win32')).toEqual(['cuda', 'dml', 'webgpu']);
    expect(candidates('darwin')).toEqual(['coreml', 'webgpu']);
  });

  it('a caller that gives up is told at once, and the trial goes on for others', async () => {
    const stop = new AbortController();
    const asked = chooseProvider('auto', { width: 64, signal: stop.signal });
    stop.abort();
    await expect(asked).rejects.toMatchObject({ name: 'Cancelled' });
    expect((await chooseProvider('auto', { width: 64 })).tried.at(-1)).toMatchObject({ provider: 'cpu' });
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

  it('what was timed is found again by the same machine and runtime, and may be lost', () => {
    const path = join(tempFolder(), 'timings.json');
    const timing = { call: 3, cpu: 40, together: true };
    new Timings(path).set('cuda', 320, timing);
    const kept = new Timings(path);
    expect(kept.get('cuda', 320)).toEqual(timing);
    expect(kept.get('cuda', 640)).toBeNull();
    expect(kept.get('webgpu', 320)).toBeNull();
    vi.stubEnv('VK_DRIVER_FILES', '/another/driver.json');
    expect(kept.get('cuda', 320)).toBeNull();
    vi.unstubAllEnvs();
    writeFileSync(path, '{"damaged');
    expect(kept.get('cuda', 320)).toBeNull();
    for (let width = 0; width < 150; width++) kept.set('cuda', width, timing);
    expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')))).toHaveLength(100);
    kept.clear();
    expect(kept.get('cuda', 149)).toBeNull();
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
