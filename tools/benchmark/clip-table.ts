/** The table of real clips: one row for each method. */
import type { ClipVariant } from './clip-variants.ts';

/** One edit: what it took, or why there is no take. */
export type ClipRun = { readonly variant: string; readonly clip: string; readonly frames: number } & (
  | { readonly failure: string }
  | {
      readonly failure: null;
      readonly steps: number;
      /** Wall seconds of sampling. */
      readonly seconds: number;
      readonly calls: number;
      /** Of the whole process. */
      readonly peakMemoryBytes: number;
      readonly warnings: readonly string[];
    }
);

type Done = Extract<ClipRun, { failure: null }>;

export interface ClipTableOptions {
  readonly clips: readonly string[];
  /** Frames of each clip. */
  readonly frames: number;
  readonly lengths: readonly number[];
}

const isDone = (run: ClipRun): run is Done => run.failure === null;

/** @param runs in any order; what is not there yet is a dash */
export function clipTable(
  runs: readonly ClipRun[],
  variants: readonly ClipVariant[],
  { clips, frames, lengths }: ClipTableOptions,
): string {
  const megabytes = lengths.map((length) => `${length} frames, MB`);
  const heads = [
    '',
    'takes',
    'one frame',
    'wide, tall',
    'calls a frame',
    's a frame',
    ...megabytes,
    'MB a frame',
  ];
  const rows = variants.map(({ id, label }) => {
    const own = runs.filter(({ variant }) => variant === id);
    const done = own.filter(isDone);
    const whole = done.filter((run) => run.frames === frames);
    const some = (is: (run: ClipRun) => boolean) => (done.some(is) ? 'yes' : own.some(is) ? 'no' : '–');
    const isCut = ({ clip }: ClipRun) => clip === 'wide.mkv' || clip === 'tall.mkv';
    const peaks = lengths.map((length) => lowestPeak(done, length));
    return [
      label,
      `${new Set(whole.map(({ clip }) => clip)).size} of ${clips.length}`,
      some((run) => run.frames === 1),
      own.filter(isCut).every(isDone) ? some(isCut) : 'no',
      perFrame(whole, ({ calls }) => calls, 1),
      perFrame(whole, ({ seconds }) => seconds, 2),
      ...peaks.map((bytes) => (bytes === null ? '–' : (bytes / 2 ** 20).toFixed(0))),
      growth(lengths, peaks),
    ];
  });
  const table = [heads, ['---', ...heads.slice(1).map(() => '---:')], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
  const said = saidOnTheWay(runs);
  return said.length === 0 ? table : `${table}\n\nSaid on the way:\n\n${said.join('\n')}`;
}

/** Failures, and one of each warning that differs from others in its numbers alone. */
function saidOnTheWay(runs: readonly ClipRun[]): string[] {
  const failures = runs.flatMap((run) =>
    isDone(run) ? [] : [`- ${run.variant}, ${run.clip}, ${run.frames} frames: ${run.failure}`],
  );
  const warnings = runs.filter(isDone).flatMap((run) => run.warnings);
  const alike = Map.groupBy(warnings, (line) => line.replace(/[\d.]+/g, '#'));
  const takes = (count: number) => (count === 1 ? 'one take' : `${count} takes`);
  return [...failures, ...Array.from(alike.values(), (lines) => `- ${lines[0]} (${takes(lines.length)})`)];
}

function perFrame(runs: readonly Done[], of: (run: Done) => number, digits: number): string {
  const frames = runs.reduce((sum, run) => sum + run.frames, 0);
  return frames === 0 ? '–' : (runs.reduce((sum, run) => sum + of(run), 0) / frames).toFixed(digits);
}

/** Of one length; the machine's own noise only adds. */
function lowestPeak(runs: readonly Done[], length: number): number | null {
  const peaks = runs.filter(({ frames }) => frames === length).map(({ peakMemoryBytes }) => peakMemoryBytes);
  return peaks.length === 0 ? null : Math.min(...peaks);
}

/** Between the shortest and the longest that there are. */
function growth(lengths: readonly number[], peaks: readonly (number | null)[]): string {
  const known = lengths.flatMap((length, i) => (peaks[i] == null ? [] : [[length, peaks[i]] as const]));
  const [first, last] = [known[0], known.at(-1)];
  if (!first || !last || first[0] === last[0]) return '–';
  return ((last[1] - first[1]) / (last[0] - first[0]) / 2 ** 20).toFixed(1);
}
