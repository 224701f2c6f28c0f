/** The tables of what gradients bring: nearness and steadiness of each system, and its cost beside itself without. */
import { meansOf, paired } from './averages.ts';
import type { GradientGroup } from './gradient-variants.ts';
import type { Run } from './runs.ts';
import { mean } from './scores.ts';

const HEADS = [
  '',
  'PSNR',
  'object',
  'backgr.',
  'Pixel-MSE',
  'image-text',
  's a frame',
  'made before, s a frame',
  'memory, MB',
  'takes',
];

/** A group's rows over the places that all of them have; null where there are none. */
export function gradientTable({ title, of, variants }: GradientGroup, runs: readonly Run[]): string | null {
  const own = runs.filter(({ kind }) => (kind === 'same') === (of === 'clip'));
  const both = paired(
    own,
    variants.map(({ id }) => id),
  );
  const [first] = both.values();
  if (!first || first.length === 0) return null;
  const base = costOf(first);
  const rows = variants.map(({ id, label }) => {
    const takes = both.get(id)!;
    const { psnr, psnrObject, psnrBackground, pixelMse, imageText } = meansOf(takes);
    const cost = costOf(takes);
    const cells = [
      fixed(psnr, 2),
      fixed(psnrObject, 2),
      fixed(psnrBackground, 2),
      fixed(pixelMse, 1),
      fixed(imageText, 3),
    ];
    return [
      label,
      ...cells,
      beside(cost.seconds, base.seconds, 2),
      cost.once === null || cost.once < 0.05 ? '–' : cost.once.toFixed(2),
      beside(cost.megabytes, base.megabytes, 0),
      String(takes.length),
    ];
  });
  const lines = [HEADS, ['---', ...HEADS.slice(1).map(() => '---:')], ...rows];
  return [`### ${title}`, lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')].join('\n\n');
}

/** What empty prompts take to keep, and how near they lead back, of the frames that the engine checks; null where none were tuned. */
export function emptyPromptsNote(runs: readonly Run[]): string | null {
  const told = runs.flatMap(({ frames, cost }) =>
    cost?.nullText && cost.nullText.psnr !== null ? [{ frames, ...cost.nullText }] : [],
  );
  const [own, shared] = [told.filter((one) => !one.shared), told.filter((one) => one.shared)];
  if (own.length === 0 || shared.length === 0) return null;
  const kilobytes = (list: typeof told) => (mean(list.map(({ bytes }) => bytes))! / 1024).toFixed(0);
  const decibels = (values: readonly (number | null)[]) => mean(values)!.toFixed(1);
  const back = (list: typeof told) => decibels(list.map(({ psnr }) => psnr));
  return (
    `Empty prompts of ${own[0]!.frames} frames take ${kilobytes(own)} KB to keep, one for all of them ${kilobytes(shared)} KB. ` +
    `The source prompt leads the frame that is checked back to ${back(own)} dB with its own, to ${back(shared)} dB with the shared one, ` +
    `to ${decibels(own.map(({ plainPsnr }) => plainPsnr))} dB with neither.`
  );
}

/** Means; "before" is the most that a take of a shot had to make, for those that come after find it. */
function costOf(runs: readonly Run[]): {
  seconds: number | null;
  once: number | null;
  megabytes: number | null;
} {
  const made = Map.groupBy(runs, ({ shot }) => shot);
  const once = Array.from(made.values(), (own) => {
    const known = own.flatMap(({ cost, frames }) =>
      cost?.onceSeconds === undefined ? [] : [cost.onceSeconds / frames],
    );
    return known.length === 0 ? null : Math.max(...known);
  });
  const peaks = runs.flatMap(({ cost }) => cost?.peakMemoryBytes ?? []);
  return {
    seconds: mean(runs.map(({ cost, frames }) => cost && cost.seconds / frames)),
    once: mean(once),
    megabytes: peaks.length === 0 ? null : Math.max(...peaks) / 2 ** 20,
  };
}

const fixed = (value: number | null, digits: number) => (value === null ? '–' : value.toFixed(digits));

function beside(value: number | null, base: number | null, digits: number): string {
  if (value === null) return '–';
  const ratio = base === null || value === base ? '' : ` (× ${(value / base).toFixed(2)})`;
  return `${value.toFixed(digits)}${ratio}`;
}
