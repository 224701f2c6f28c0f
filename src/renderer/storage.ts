/** What the page keeps on this machine, a text under each name. */
import type { z } from 'zod';

/** Null where nothing is kept, and where there is no page. */
export function keptText(name: string): string | null {
  return typeof localStorage === 'undefined' ? null : localStorage.getItem(name);
}

/** Null takes it away. */
export function keepText(name: string, text: string | null): void {
  if (text === null) localStorage.removeItem(name);
  else localStorage.setItem(name, text);
}

/** `otherwise` stands for what is not there or cannot be read. */
export function kept<Value>(name: string, schema: z.ZodType<Value>, otherwise: Value): Value {
  try {
    return schema.parse(JSON.parse(keptText(name) ?? ''));
  } catch {
    return otherwise;
  }
}

export function keep(name: string, value: object): void {
  keepText(name, JSON.stringify(value));
}
