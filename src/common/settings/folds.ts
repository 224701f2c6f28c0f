/** Where settings stand in the window's form: at the top what every render asks for, then the rest behind headers, in this order. */
export const TOP = 'top';

/** @param name as its header says it */
export const FOLDS = [
  { id: 'method', name: 'Method' },
  { id: 'leading', name: 'Anchors and painted frames' },
  { id: 'mask', name: 'Mask' },
  { id: 'model', name: 'Model and looks' },
  { id: 'quality', name: 'Quality and speed' },
  { id: 'size', name: 'Size and memory' },
  { id: 'file', name: 'Take file' },
] as const;

export type Fold = typeof TOP | (typeof FOLDS)[number]['id'];

/** Of groups whose fields do not say it themselves. */
const OF_GROUPS: Readonly<Record<string, Fold>> = {
  prompts: TOP,
  method: 'method',
  guide: 'leading',
  model: 'model',
  sampling: 'quality',
  inversion: 'quality',
  output: 'file',
};

/** Its fold, or the name of its group, which then has one of its own after all others. */
export function foldOf({ group, fold }: { readonly group: string; readonly fold?: Fold }): string {
  return fold ?? OF_GROUPS[group] ?? group;
}
