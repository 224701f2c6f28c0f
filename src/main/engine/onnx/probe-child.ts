/**
 * Entry of the process in which a provider is tried: it may crash or hang here without harm. Its arguments are a question
 * (trial.ts). What counts is the second call: the first makes programs for the graphics card.
 */
import { readFileSync } from 'node:fs';
import { failedTrial, questionOf, type TrialAnswer, type TrialQuestion } from '../../trial.ts';
import { parentPort } from '../parent-port.ts';
import { largestDifference } from './difference.ts';
import { createSession, type Provider } from './ort.ts';
import { convolution, type ProbeNetwork, unetLevel } from './probe-model.ts';

/** Of the largest value: half precision and the matrix units of graphics cards lie within, a wrong result does not. */
const TOLERANCE = 2e-2;
/** So much slower in one convolution, and longer than any graphics card takes: more is not waited for. */
const HOPELESS = 10;
const HOPELESS_MS = 100;
/** Frames that go together where that pays, and what it must save to be worth it. */
const TOGETHER = 4;
const WORTH = 0.9;

interface Timed {
  readonly y: Float32Array;
  readonly milliseconds: number;
}

/** Its calls after the first, the shortest of them. */
async function timed(provider: Provider, network: ProbeNetwork, frames: readonly number[]): Promise<Timed[]> {
  const session = await createSession(network.model(), { provider, label: 'the trial network' });
  const made: Timed[] = [];
  for (const count of frames) {
    const feeds = network.feeds(count);
    let best = Number.POSITIVE_INFINITY;
    let y = new Float32Array(0);
    for (let i = 0; i < 3 && (i < 2 || best < HOPELESS_MS); i++) {
      const before = session.runSeconds;
      const result = await session.run(feeds, ['y']);
      y = Float32Array.from(result.y?.data ?? []);
      if (i > 0) best = Math.min(best, (session.runSeconds - before) * 1000);
    }
    made.push({ y, milliseconds: best });
  }
  await session.release();
  return made;
}

/** Largest difference as a share of the largest value. */
function off(tried: Float32Array, cpu: Float32Array): number {
  return largestDifference(tried, cpu) / cpu.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
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

async function probe({ provider, width, timed: wantsTime }: TrialQuestion): Promise<TrialAnswer> {
  if (provider === 'cpu') {
    const [{ milliseconds: call }] = (await timed('cpu', unetLevel(width), [1])) as [Timed];
    const reason = `works, ${inMs(call)} a call`;
    return { ok: true, reason, software: false, call, cpu: call, together: false };
  }
  const small = await compared(provider, convolution);
  if ('ok' in small) return small;
  const driver = provider === 'webgpu' ? softwareDriver() : null;
  const software = driver !== null;
  const works = `works${driver === null ? '' : ` in software (${driver})`}`;
  if (!wantsTime) return { ok: true, reason: works, software, call: null, cpu: null, together: false };
  const hopeless = small.call > Math.max(HOPELESS_MS, HOPELESS * small.cpu);
  const times = hopeless || software ? small : await compared(provider, unetLevel(width));
  if ('ok' in times) return times;
  const { call, cpu } = times;
  const reason = `${works}, ${inMs(call)} a call against ${inMs(cpu)} on the processor`;
  const together = call < cpu && (await paysTogether(provider, width));
  return { ok: true, reason, software, call, cpu, together };
}

/** How long a call takes on both, or why the provider is of no use. */
async function compared(
  provider: Provider,
  network: ProbeNetwork,
): Promise<{ call: number; cpu: number } | TrialAnswer> {
  const [tried] = (await timed(provider, network, [1])) as [Timed];
  const [cpu] = (await timed('cpu', network, [1])) as [Timed];
  const wrong = off(tried.y, cpu.y);
  // NaN is wrong too.
  if (!(wrong <= TOLERANCE))
    return failedTrial(`it computes wrong numbers (off by ${wrong.toExponential(1)})`);
  return { call: tried.milliseconds, cpu: cpu.milliseconds };
}

/** Whether frames in one call take less than one by one; a card that cannot take them at all says no. */
async function paysTogether(provider: Provider, width: number): Promise<boolean> {
  try {
    const [one, all] = (await timed(provider, unetLevel(width), [1, TOGETHER])) as [Timed, Timed];
    return all.milliseconds < WORTH * TOGETHER * one.milliseconds;
  } catch {
    return false;
  }
}

function inMs(milliseconds: number): string {
  return `${milliseconds < 100 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
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
probe(questionOf(process.argv.slice(2))).then(answer, (cause) => answer(failedTrial(inWords(cause))));
