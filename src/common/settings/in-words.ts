/** Settings in few words, for a line under a take or a preset. */
import type { Grouped, Placed } from './catalogue.ts';
import { type Control, controlsInWords } from './controls.ts';
import { embeddingsInWords } from './embeddings.ts';
import { type LoraUse, lorasInWords } from './loras.ts';
import type { ShotSettings } from './settings.ts';
import { stylesInWords } from './steering.ts';

/**
 * "50 steps", "prompt strength 7.5"; what is not chosen, empty or off is left out, and so is what has no few words.
 *
 * @param method its name for people; those of methods are the engine's to say
 */
export function shortWords(values: Grouped, fields: readonly Placed[], method?: string): string[] {
  return fields.flatMap((field) => {
    const { group, key, label, unit, widget } = field;
    const value = values[group]?.[key];
    if (widget.kind === 'loras') return lorasInWords((value ?? []) as readonly LoraUse[]);
    if (widget.kind === 'controls') return controlsInWords((value ?? []) as readonly Control[]);
    if (widget.kind === 'share') return shareInWords(label, value as Share | undefined);
    if (widget.kind === 'file-list') {
      const paths = (value ?? []) as readonly string[];
      return widget.pictures ? stylesInWords(paths) : embeddingsInWords(paths);
    }
    if (value === undefined || value === null || value === '' || typeof value === 'object') return [];
    if (isOff(value, field)) return [];
    if (widget.kind === 'method') return [method ?? String(value)];
    if (widget.kind === 'prompt') return [`“${value}”`];
    const options = widget.kind === 'choice' ? widget.options : undefined;
    const said = widget.kind === 'estimator' ? String(value).replace(/^.*[\\/]/, '') : String(value);
    const text = options?.find(({ id }) => id === value)?.name.toLowerCase() ?? said;
    return [unit ? `${text} ${unit}` : `${label.toLowerCase()} ${text}`];
  });
}

type Share = ShotSettings['sampling']['guidanceRange'];

/** "prompt-led steps 0–60 %"; all of them are not worth a word. */
function shareInWords(label: string, share: Share | undefined): string[] {
  if (!share || (share.from === 0 && share.to === 1)) return [];
  const [from, to] = [share.from, share.to].map((part) => Math.round(100 * part));
  return [`${label.toLowerCase()} ${from}–${to} %`];
}

/** What is added to the model: "LoRA ink 0.7", "embedding toy", "ControlNet canny 1". */
export function addedInWords({ loras, embeddings, controls }: ShotSettings['model']): string[] {
  return [...lorasInWords(loras), ...embeddingsInWords(embeddings), ...controlsInWords(controls)];
}

/** The least there is, and what it is unless somebody changes it. */
function isOff(value: unknown, { limits }: Placed): boolean {
  return value === limits.default && (value === limits.min || value === false);
}
