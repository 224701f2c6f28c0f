/** ControlNets beside the model, and what of the clip each of them follows. */
import { z } from 'zod';
import { fingerprint } from '../fingerprint.ts';
import { field, type VisitFile } from './field.ts';

export const CONDITIONS = ['canny', 'soft-edge', 'depth', 'clip'] as const;

const share = z.number().min(0).max(1);

/** While it is being written; complete but for what `control` asks. */
const controlDraft = z.strictObject({
  /** A ControlNet: .safetensors, or a folder. */
  path: z.string().min(1),
  condition: z.enum(CONDITIONS).default('canny'),
  /** Of Canny: contrast above which an edge begins, and above which it goes on; sums of 3×3 Sobel over 0..255. */
  high: z.number().min(0).max(1000).default(200),
  low: z.number().min(0).max(1000).default(100),
  /** Of Canny: deviation in pixels of the blur before. */
  blur: z.number().min(0).max(10).default(0),
  /** What is followed, or a depth clip in place of an estimate; frame by frame like the shot's clip. */
  clip: z.string().min(1).nullable().default(null),
  /** As it was chosen on the desktop. */
  fingerprint: fingerprint.optional(),
  /** Folder of a depth estimator; null is the model's own. */
  estimator: z.string().min(1).nullable().default(null),
  scale: z.number().min(0).max(2).default(1),
  /** Shares of the steps. */
  start: share.default(0),
  end: share.default(1),
});

export type Control = z.output<typeof controlDraft>;

const control = controlDraft
  .refine(({ condition, clip }) => condition !== 'clip' || clip !== null, 'has no clip to follow')
  .refine(({ low, high }) => low <= high, 'begins edges at less contrast (high) than it goes on with (low)')
  .refine(({ start, end }) => start < end, 'ends before it starts');

export const MOST_CONTROLS = 8;

/** The name of the file or the folder without an ending. */
export function controlName(path: string): string {
  return path.replace(/^.*[\\/]/, '').replace(/\.(safetensors|onnx)$/i, '');
}

/** "ControlNet canny 0.8" */
export function controlsInWords(list: readonly Control[]): string[] {
  return list.map(({ path, scale }) => `ControlNet ${controlName(path)} ${scale}`);
}

export const controls = field(z.array(control).max(MOST_CONTROLS).default([]), {
  label: 'ControlNets',
  term: 'control networks',
  help: 'Files that hold the take to edges, depth or another clip; several add up',
  widget: { kind: 'controls' },
  files: (list: Control[], visit: VisitFile) =>
    list.map((one) => ({
      ...one,
      path: visit(one.path, 'network'),
      clip: one.clip === null ? null : visit(one.clip, 'footage', one.fingerprint),
      estimator: one.estimator === null ? null : visit(one.estimator, 'network'),
    })),
  scope: 'preset',
  flags: [
    {
      name: 'control',
      metavar: 'file[:what,name=value]',
      repeats: true,
      help: 'A ControlNet (.safetensors or folder) and what it follows, as net.safetensors:canny,scale=0.8,end=0.6; canny (low, high, blur), soft-edge, depth (clip or estimator), or clip (clip); may be repeated',
    },
  ],
  // Keys hold digests of the networks and of what they follow.
  affects: ['network', 'structure'],
  neutral: [],
  draft: z.array(controlDraft).max(MOST_CONTROLS).default([]),
});

/** As it stands beside the model before anything is said of it. */
export function newControl(path: string): Control {
  return controlDraft.parse({ path });
}

/** Whether it does something; what it names must be there and fit all the same. */
export function isActive({ scale }: Pick<Control, 'scale'>): boolean {
  return scale > 0;
}
