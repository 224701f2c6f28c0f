/** The results as Markdown and CSV. */
import { type Means, meansOf, paired, QUANTITIES, type QuantityName } from './averages.ts';
import type { Bar } from './bars.ts';
import type { CaptionResult } from './captions.ts';
import { MOTIONS } from './heldout.ts';
import type { Finding } from './order.ts';
import type { Run } from './runs.ts';
import { COMPARISONS, MEETING, VARIANTS, variantNamed } from './variants.ts';

export interface Results {
  readonly made: string;
  readonly model: { readonly name: string; readonly key: string };
  readonly settings: {
    readonly steps: number;
    readonly guidance: number;
    readonly refinement: number;
    readonly seed: number;
  };
  readonly set: { readonly shots: number; readonly frames: number; readonly side: number };
  readonly machine: string;
  readonly captions: CaptionResult | null;
  /** Name of the image-text model; null without one. */
  readonly imageText: string | null;
  readonly bars: readonly Bar[];
  readonly findings: readonly Finding[];
  readonly runs: readonly Run[];
}

interface Column {
  readonly head: string;
  readonly name: QuantityName;
  readonly text: (value: number) => string;
}

const fixed = (digits: number) => (value: number) => value.toFixed(digits);
const percent = (value: number) => `${(100 * value).toFixed(0)} %`;

const COLUMNS: readonly Column[] = [
  { head: 'PSNR', name: 'psnr', text: fixed(2) },
  { head: 'object', name: 'psnrObject', text: fixed(2) },
  { head: 'backgr.', name: 'psnrBackground', text: fixed(2) },
  { head: 'SSIM', name: 'ssim', text: fixed(3) },
  { head: 'object', name: 'ssimObject', text: fixed(3) },
  { head: 'backgr.', name: 'ssimBackground', text: fixed(3) },
  { head: 'Pixel-MSE', name: 'pixelMse', text: fixed(1) },
  { head: 'consec. SSIM', name: 'consecutiveSsim', text: fixed(3) },
  { head: 'consec. image', name: 'consecutiveImage', text: fixed(4) },
  { head: 'image-text', name: 'imageText', text: fixed(3) },
  { head: 'frame acc.', name: 'frameAccuracy', text: percent },
  { head: 'edit seen', name: 'edited', text: percent },
  { head: 'rest kept', name: 'kept', text: percent },
  { head: 's a frame', name: 'secondsPerFrame', text: fixed(2) },
  { head: 'calls a frame', name: 'callsPerFrame', text: fixed(1) },
  { head: '+ inversion', name: 'inversionCallsPerFrame', text: fixed(0) },
];

/** Columns that no row has are left out. */
function markdownTable(rows: readonly { label: string; means: Means; count: number }[]): string {
  const columns = COLUMNS.filter(({ name }) => rows.some(({ means }) => means[name] !== null));
  const cell = ({ name, text }: Column, means: Means) => {
    const value = means[name];
    return value === null ? '–' : text(value);
  };
  const lines = [
    ['', ...columns.map(({ head }) => head), 'takes'],
    ['---', ...columns.map(() => '---:'), '---:'],
    ...rows.map(({ label, means, count }) => [
      label,
      ...columns.map((column) => cell(column, means)),
      String(count),
    ]),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** A table of variants over the places all of them have; null where fewer than two have any. */
export function comparison(runs: readonly Run[], variants: readonly string[]): string | null {
  const present = variants.filter((id) => runs.some(({ variant }) => variant === id));
  if (present.length < 2) return null;
  const both = paired(runs, present);
  if (both.get(present[0]!)!.length === 0) return null;
  return markdownTable(
    present.map((id) => {
      const own = both.get(id)!;
      return { label: variantNamed(id)!.label, means: meansOf(own), count: own.length };
    }),
  );
}

export function markdown(results: Results): string {
  const { runs, set, settings, model, captions } = results;
  const edits = runs.filter(({ kind }) => kind !== 'same');
  const main = VARIANTS.filter(({ group }) => group === 'main').map(({ id }) => id);
  const kinds = [...new Set(edits.map(({ kind }) => kind))];
  const shots = new Set(edits.map(({ shot }) => shot)).size;
  const parts: string[] = [
    `Model ${model.name}, ${shots} of ${set.shots} held-out shots of ${set.frames} frames at ${set.side}×${set.side}; ` +
      `${settings.steps} steps, guidance ${settings.guidance}, refinement ${settings.refinement}, seed ${settings.seed}; ${results.machine}; ${results.made}.`,
    `PSNR and SSIM are to the true answer. Pixel-MSE is along the true flow, in squared 8-bit steps.${
      captions ? ' "Edit seen" and "rest kept" are the judge\'s.' : ''
    }${
      results.imageText === null
        ? ''
        : ` "Image-text", "frame acc." and "consec. image" are by the model ${results.imageText}.`
    } Seconds are of sampling alone.`,
  ];
  // They are of the first set, whose shots are quiet.
  if (!runs.some(({ motions }) => motions.length > 0)) parts.push('## Bars', barTable(results.bars));
  for (const kind of kinds) {
    const table = comparison(
      edits.filter((run) => run.kind === kind),
      main,
    );
    if (table) parts.push(`## Edit of the ${kind}`, table);
  }
  // Those meant for one kind of edit would leave only that kind.
  const forAll = main.filter((id) => !variantNamed(id)!.edits);
  const all = kinds.length > 1 ? comparison(edits, forAll) : null;
  if (all) parts.push('## All edits', all);
  const motion = byMotion(edits, forAll);
  if (motion) parts.push('## By what moves', `${MOTION_NOTE}\n\n${motion}`);
  for (const { title, variants } of COMPARISONS) {
    const present = variants.filter((id) => edits.some(({ variant }) => variant === id));
    const table = 2 * present.length > variants.length ? comparison(edits, variants) : null;
    if (table) parts.push(`## ${title}`, table);
  }
  const meeting = seams(edits);
  if (meeting) parts.push('## Where two anchors meet', meeting);
  if (results.findings.length > 0) parts.push("## The papers' order", order(results.findings));
  return `${parts.join('\n\n')}\n`;
}

function barTable(bars: readonly Bar[]): string {
  return [
    '| bar | wanted | measured | |',
    '| --- | ---: | ---: | --- |',
    ...bars.map(
      ({ what, bar, measured, pass }) =>
        `| ${what} | ${bar} | ${measured} | ${pass === null ? '–' : pass ? 'pass' : '**fail**'} |`,
    ),
  ].join('\n');
}

/** Pixel-MSE where the ways of two anchors meet at first; the first row shows how much of it the shots themselves bring. */
function seams(runs: readonly Run[]): string | null {
  const present = MEETING.filter((id) => runs.some(({ variant }) => variant === id));
  if (present.length < 2) return null;
  const both = paired(runs, present);
  if (both.get(present[0]!)!.length === 0) return null;
  const rows = present.map((id) => {
    const { pixelMseMiddle, pixelMseRest, pixelMseWorst } = meansOf(both.get(id)!);
    const [at, rest, worst] = [pixelMseMiddle!, pixelMseRest!, pixelMseWorst!];
    const numbers = [at.toFixed(1), rest.toFixed(1), (at / rest).toFixed(2), worst.toFixed(1)];
    return [variantNamed(id)!.label, ...numbers, both.get(id)!.length];
  });
  const heads = ['', 'in the middle', 'elsewhere', 'ratio', 'worst pair', 'takes'];
  return [heads, ['---', ...heads.slice(1).map(() => '---:')], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

const MOTION_NOTE =
  'A shot may have several of them: something turns until new sides are seen, things move fast, the object goes out of sight and comes back, the camera moves. In brackets the takes.';

const MOTION_WORDS = {
  turn: 'something turning',
  fast: 'fast motion',
  occlusion: 'occlusion',
  camera: 'a moving camera',
} as const;

/** Of each kind of motion, how near to the truth and how steady; null where the shots do not say what moves. */
export function byMotion(runs: readonly Run[], variants: readonly string[]): string | null {
  const present = variants.filter((id) => runs.some(({ variant }) => variant === id));
  const motions = MOTIONS.filter((motion) => runs.some((run) => run.motions.includes(motion)));
  if (motions.length === 0 || present.length === 0) return null;
  const parts = motions.map((motion) =>
    paired(
      runs.filter((run) => run.motions.includes(motion)),
      present,
    ),
  );
  const counts = parts.map((part) => part.get(present[0]!)!.length);
  const cell = (value: number | null, digits: number) => (value === null ? '–' : value.toFixed(digits));
  const rows = present.map((id) => {
    const means = parts.map((part) => meansOf(part.get(id)!));
    return [
      variantNamed(id)!.label,
      ...means.flatMap(({ psnr, pixelMse }) => [cell(psnr, 2), cell(pixelMse, 1)]),
    ];
  });
  const heads = motions.flatMap((motion, i) => [`${motion}, PSNR (${counts[i]})`, `${motion}, Pixel-MSE`]);
  return [['', ...heads], ['---', ...heads.map(() => '---:')], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function order(found: readonly Finding[]): string {
  return [
    '| claim | by | difference ± standard error | takes | |',
    '| --- | --- | ---: | ---: | --- |',
    ...found.map(({ claim, motion, unit, quantity, difference: { mean, error, count }, outcome }) => {
      const sign = mean > 0 ? '+' : '';
      const shown = outcome === 'reversed' ? `**${outcome}**` : outcome;
      const digits = quantity === 'consecutiveImage' ? 4 : 2;
      const where = motion ? `, where shots have ${MOTION_WORDS[motion]}` : '';
      return `| ${claim}${where} | ${unit} | ${sign}${mean.toFixed(digits)} ± ${error.toFixed(digits)} | ${count} | ${shown} |`;
    }),
  ].join('\n');
}

/** One line per take. */
export function csv(runs: readonly Run[]): string {
  const names = Object.keys(QUANTITIES) as QuantityName[];
  const lines = runs.map((run) => [
    run.shot,
    run.kind,
    run.variant,
    ...names.map((name) => QUANTITIES[name](run) ?? ''),
  ]);
  return `${[['shot', 'edit', 'method', ...names], ...lines].map((cells) => cells.join(',')).join('\n')}\n`;
}
