/** Strings of Open Job Description 2023-09 (section 7), and the values that format strings refer to. */
import { z } from 'zod';

/** Category Cc of Unicode. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CONTROL_IN_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Without control characters. */
export function line(longest: number, shortest = 1) {
  return z
    .string()
    .min(shortest)
    .max(longest)
    .refine((text) => !CONTROL.test(text), 'holds a control character');
}

export const identifier = z.string().max(64).regex(IDENTIFIER, 'is no identifier');

export const description = z
  .string()
  .min(1)
  .max(2048)
  .refine((text) => !CONTROL_IN_TEXT.test(text), 'holds a control character');

/** What stands between double braces, or null where a brace is not closed or holds no dotted name. */
export function referencesIn(text: string): readonly string[] | null {
  const found: string[] = [];
  let rest = text;
  for (;;) {
    const [open, close] = [rest.indexOf('{{'), rest.indexOf('}}')];
    if (open < 0) return close < 0 ? found : null;
    if (close < open) return null;
    const name = rest.slice(open + 2, close).trim();
    const parts = name.split('.').map((part) => part.trim());
    if (!parts.every((part) => IDENTIFIER.test(part))) return null;
    found.push(parts.join('.'));
    rest = rest.slice(close + 2);
  }
}

/** A string with values in double braces. @param text what it must be before they are put in */
export function formatString(text: z.ZodType<string> = z.string()) {
  return text.refine((one) => referencesIn(one) !== null, 'is no format string');
}

export const isPlain = (text: string): boolean => referencesIn(text)?.length === 0;
