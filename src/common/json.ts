/** Values that survive being written as JSON, within bounds. */
import { z } from 'zod';

const MOST_DEPTH = 8;
const MOST_VALUES = 10_000;
const LONGEST_TEXT = 100_000;

/** Plain data without loops: what a port can carry beyond that (dates, maps, values that hold themselves) is refused. */
function isJson(value: unknown): boolean {
  let left = MOST_VALUES;
  const visit = (one: unknown, depth: number): boolean => {
    left -= 1;
    if (left < 0 || depth > MOST_DEPTH) return false;
    if (one === null || typeof one === 'boolean') return true;
    if (typeof one === 'string') return one.length <= LONGEST_TEXT;
    if (typeof one === 'number') return Number.isFinite(one);
    if (typeof one !== 'object') return false;
    if (Array.isArray(one)) return one.every((part) => visit(part, depth + 1));
    const prototype = Object.getPrototypeOf(one);
    if (prototype !== Object.prototype && prototype !== null) return false;
    return Object.values(one).every((part) => visit(part, depth + 1));
  };
  return visit(value, 0);
}

export const jsonRecord = z
  .record(z.string().max(100), z.unknown())
  .refine(isJson, 'must be plain values, not too many of them');
