/** Entry of the process in which a provider is tried: it may crash or hang here without harm. argv: the provider. */
import { readFileSync } from 'node:fs';
import { failedTrial, type TrialAnswer } from '../../trial.ts';
import { parentPort } from '../parent-port.ts';
import { createSession, type Provider } from './ort.ts';
import { probeFeeds, probeModel } from './probe-model.ts';

const TOLERANCE = 2e-2;
/** Far slower than the processor it runs beside: no GPU behind it. Leaves room for launch times and small GPUs. */
const SLOWDOWN = 4;
const SHORTEST_SECONDS = 0.005;

async function timed(provider: Provider): Promise<{ y: Float32Array; seconds: number }> {
  const session = await createSession(probeModel(), { provider, label: 'the trial model' });
  const feeds = probeFeeds();
  let best = Number.POSITIVE_INFINITY;
  let y = new Float32Array(0);
  for (let i = 0; i < 3; i++) {
    const before = session.runSeconds;
    const result = await session.run(feeds, ['y']);
    y = Float32Array.from(result.y?.data ?? []);
    best = Math.min(best, session.runSeconds - before);
  }
  await session.release();
  return { y, seconds: best };
}

/** Software Vulkan drivers show in the process's own map (Linux). */
function softwareDriver(): string | null {
  if (process.platform !== 'linux') return null;
  const maps = readFileSync('/proc/self/maps', 'utf8');
  const software = /lib(vk_swiftshader|vulkan_lvp)\S*\.so/.exec(maps)?.[1];
  const hardware =
    /lib(vulkan_(intel|intel_hasvk|radeon|nouveau|asahi|freedreno|panfrost|broadcom)|GLX_nvidia|nvidia-|amdvlk)/;
  return software !== undefined && !hardware.test(maps) ? software : null;
}

async function probe(provider: Provider): Promise<TrialAnswer> {
  const tried = await timed(provider);
  if (provider === 'cpu') return { ok: true, reason: 'works', software: false };
  const cpu = await timed('cpu');
  const scale = cpu.y.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const worst = cpu.y.reduce((most, v, i) => Math.max(most, Math.abs(v - (tried.y[i] ?? Number.NaN))), 0);
  if (!(worst <= TOLERANCE * scale)) {
    return {
      ok: false,
      reason: `it computes wrong numbers (off by ${(worst / scale).toExponential(1)})`,
      software: false,
    };
  }
  const driver = provider === 'webgpu' ? softwareDriver() : null;
  const slow = tried.seconds > SLOWDOWN * Math.max(cpu.seconds, SHORTEST_SECONDS);
  const software = driver !== null || slow;
  const times = `${(tried.seconds * 1000).toFixed(1)} ms against ${(cpu.seconds * 1000).toFixed(1)} ms on the CPU`;
  return {
    ok: true,
    reason: `works${software ? ' in software' : ''}${driver ? ` (${driver})` : ''}, ${times}`,
    software,
  };
}

function inWords(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/backend not found/i.test(text)) return 'not available on this system';
  if (/Failed to load shared library|Failed to load library/i.test(text))
    return 'its libraries are not installed';
  if (/No supported adapters/i.test(text)) return 'no graphics card was found';
  return text;
}

function answer(message: TrialAnswer): void {
  const shell = parentPort();
  if (shell) shell.postMessage(message);
  else process.send?.(message);
}

process.on('disconnect', () => process.exit(0));
probe(process.argv[2] as Provider).then(answer, (cause) => answer(failedTrial(inWords(cause))));
