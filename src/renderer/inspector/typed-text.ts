/** Values as text to edit, and back. */
import type { Accepted } from './parameters.ts';

/** Lists as "0.8, 0.4". */
export function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What typed text means; undefined where it is none of what the field accepts. */
export function parseText(text: string, accepts: readonly Accepted[]): unknown {
  const trimmed = text.trim();
  const asNumber = trimmed === '' ? Number.NaN : Number(trimmed);
  if (accepts.includes('number') && Number.isFinite(asNumber)) return asNumber;
  if (accepts.includes('numbers')) {
    const list = trimmed
      .split(/[\s,;]+/)
      .filter(Boolean)
      .map(Number);
    if (list.length > 0 && list.every(Number.isFinite)) return list;
  }
  if (accepts.includes('text')) return trimmed === '' ? undefined : trimmed;
  if (!accepts.includes('json')) return undefined;
  try {
    return JSON.parse(trimmed);
  } catch {
    return undefined;
  }
}
