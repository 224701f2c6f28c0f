/** Settings in few words, for a line under a take or a preset. */
import type { Grouped, Placed } from './catalogue.ts';

/** "50 steps", "guidance 7.5"; what is not chosen, empty or off is left out, and so is what has no few words. */
export function shortWords(values: Grouped, fields: readonly Placed[]): string[] {
  return fields.flatMap((field) => {
    const { group, key, label, unit } = field;
    const value = values[group]?.[key];
    if (value === undefined || value === null || value === '' || typeof value === 'object') return [];
    if (isOff(value, field)) return [];
    const text = nameOfChoice(value, field);
    if (field.widget.kind === 'prompt') return [`“${text}”`];
    return [unit ? `${text} ${unit}` : `${label.toLowerCase()} ${text}`];
  });
}

/** The least there is, and what it is unless somebody changes it. */
function isOff(value: unknown, { limits }: Placed): boolean {
  return value === limits.default && (value === limits.min || value === false);
}

function nameOfChoice(value: unknown, { widget }: Placed): string {
  const options = widget.kind === 'choice' ? widget.options : undefined;
  return options?.find(({ id }) => id === value)?.name ?? String(value);
}
