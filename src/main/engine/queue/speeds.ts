/** How fast renders were, so that the next one can be told in advance. Kept beside the jobs. */
import type { TakeReport } from '../../../common/report.ts';
import { RECORDED_UNITS, shareOfWork } from '../diffusion/work.ts';
import { CONTROL_SHARE } from '../recipe/controls.ts';
import { branchPrompts } from '../recipe/runs.ts';
import type { Measured } from '../render/trial.ts';
import type { JobStore } from './store.ts';

export interface Machine {
  /** Digest of the UNet. */
  readonly model: string;
  /** Digest of the network that estimates motion; absent where Retake does by itself. */
  readonly flow?: string | undefined;
  /** Canvas in pixels. */
  readonly width: number;
  readonly height: number;
  readonly provider: string;
}

/** Seconds per estimate of motion, per network call of inversion, per call of sampling, per encoded frame, and for opening. */
export interface Work {
  readonly flow: number;
  readonly invert: number;
  readonly sample: number;
  readonly encode: number;
  readonly open: number;
}

/** Motion is measured where a network estimates it. */
export type FirstWork = Omit<Work, 'flow'> & Partial<Pick<Work, 'flow'>>;

/** How much a new measurement counts. */
const WEIGHT = 0.5;
/** Of an estimate of motion that was never measured, on one core. */
const FLOW_SECONDS_PER_PIXEL = 1e-6;
/** The same by a network. */
const NETWORK_SECONDS_PER_PIXEL = 1e-5;

/** Guidance runs two branches in a call, and attention to other frames costs too. */
function samplingWork(method: string, branches: number): string {
  return `sample ${method} ${branches}`;
}

function flowWork({ flow }: Machine): string {
  return flow === undefined ? 'flow' : `flow ${flow}`;
}

/** In whole calls of the UNet alone for all branches: where guidance rests, a call is a part of one. */
function sampledWork(
  { unetCalls, unetBranches, unetShallow = 0, unetRecorded = 0, controlCalls = 0 }: TakeReport['sampling'],
  branches: number,
): number {
  const work = shareOfWork({ all: unetCalls, shallow: unetShallow, recorded: unetRecorded });
  return (unetBranches / branches) * work + CONTROL_SHARE * controlCalls;
}

export function recordSpeeds(store: JobStore, report: Measured): void {
  const { settings, derived, inversion, sampling, seconds, take } = report;
  const machine = machineOf(report);
  // Networks that are told the guidance answer for one branch a call, whatever it is.
  const toldGuidance = sampling.unetBranches === sampling.unetCalls;
  const branches = branchPrompts(settings, { toldGuidance }).length;
  const { nullText = 0, nullTextBack = 0 } = derived?.calls ?? {};
  const inverted = inversion.unetCalls + inversion.checkUnetCalls + nullText + RECORDED_UNITS * nullTextBack;
  const measured: [string, number, number][] = [
    [flowWork(machine), seconds.flow ?? 0, derived?.calls.flow ?? 0],
    ['invert', seconds.invert, inverted],
    [samplingWork(settings.method.id, branches), seconds.sample, sampledWork(sampling, branches)],
    ['encode', seconds.encode, take.frames],
    ['open', seconds.open, 1],
  ];
  store.attempt((db) => {
    const write = db.prepare(
      `INSERT INTO speeds VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET seconds = seconds + ${WEIGHT} * (excluded.seconds - seconds)`,
    );
    for (const [work, total, units] of measured) {
      if (units > 0 && total > 0) write.run(...keyOf(machine), work, total / units);
    }
  });
}

/** A first guess, which gives way to what renders measure. */
export function guessSpeeds(
  store: JobStore,
  machine: Machine,
  method: string,
  branches: number,
  work: FirstWork,
): void {
  const { invert, sample, encode, open, flow } = work;
  const measured = {
    ...{ invert, encode, open, [samplingWork(method, branches)]: sample },
    ...(flow !== undefined && { [flowWork(machine)]: flow }),
  };
  store.attempt((db) => {
    const write = db.prepare('INSERT OR IGNORE INTO speeds VALUES (?, ?, ?, ?, ?, ?)');
    for (const [name, seconds] of Object.entries(measured)) write.run(...keyOf(machine), name, seconds);
  });
}

/** As at another size, by the share of pixels: a first idea, since attention grows faster. Null where the model never ran here. */
export function speedsNearby(
  store: JobStore,
  machine: Machine,
  method: string,
  branches: number,
): Work | null {
  const sizes = store.attempt((db) =>
    db
      .prepare<[string, string], { width: number; height: number }>(
        'SELECT DISTINCT width, height FROM speeds WHERE model = ? AND provider = ?',
      )
      .all(machine.model, machine.provider),
  );
  const area = machine.width * machine.height;
  const shareOf = (size: { readonly width: number; readonly height: number }) =>
    area / (size.width * size.height);
  const apart = (size: { readonly width: number; readonly height: number }) =>
    Math.abs(Math.log(shareOf(size)));
  for (const size of sizes.sort((a, b) => apart(a) - apart(b))) {
    const known = speedsOf(store, { ...machine, ...size }, method, branches);
    if (!known) continue;
    const share = shareOf(size);
    const { flow, invert, sample, encode, open } = known;
    return {
      flow: flow * share,
      invert: invert * share,
      sample: sample * share,
      encode: encode * share,
      open,
    };
  }
  return null;
}

/** Null before the first render of this kind. Unmeasured inversion is taken as sampling of one branch. */
export function speedsOf(store: JobStore, machine: Machine, method: string, branches: number): Work | null {
  const rows = store.attempt((db) =>
    db
      .prepare<(string | number)[], { work: string; seconds: number }>(
        'SELECT work, seconds FROM speeds WHERE model = ? AND width = ? AND height = ? AND provider = ?',
      )
      .all(...keyOf(machine)),
  );
  const measured = new Map(rows.map(({ work, seconds }) => [work, seconds]));
  const others = [...measured].filter(([work]) => work.startsWith('sample '));
  const other = others.map(([work, seconds]) => (seconds * branches) / Number(work.split(' ').at(-1)))[0];
  const sample = measured.get(samplingWork(method, branches)) ?? other;
  if (sample === undefined) return null;
  const perPixel = machine.flow === undefined ? FLOW_SECONDS_PER_PIXEL : NETWORK_SECONDS_PER_PIXEL;
  return {
    sample,
    flow: measured.get(flowWork(machine)) ?? perPixel * machine.width * machine.height,
    invert: measured.get('invert') ?? sample / branches,
    encode: measured.get('encode') ?? 0,
    open: measured.get('open') ?? 0,
  };
}

function machineOf({ bundle, canvas, provider }: Measured): Machine {
  return {
    model: bundle.digests.unet!,
    flow: bundle.digests.flowEstimator,
    width: canvas.width,
    height: canvas.height,
    provider: provider.used,
  };
}

function keyOf({ model, width, height, provider }: Machine): [string, number, number, string] {
  return [model, width, height, provider];
}
