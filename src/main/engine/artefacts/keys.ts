/** The names of artefacts: digests of everything that changes them. */
import { createHash } from 'node:crypto';
import type { ArtefactKind } from '../../../common/contract/cache.ts';

/**
 * sha256 hex of the canonical JSON of the parts, fields in sorted order.
 * @param version raised when the same input gives other numbers: every older artefact is then made anew
 */
export function keyOf(kind: ArtefactKind, version: number, parts: Readonly<Record<string, unknown>>): string {
  const fields = Object.keys(parts).sort();
  const named = fields.map((field) => [field, parts[field]]);
  return createHash('sha256')
    .update(JSON.stringify([kind, version, named]))
    .digest('hex');
}

/** sha256 hex of raw bytes, in memory order. */
export function digestOf(data: NodeJS.ArrayBufferView): string {
  return createHash('sha256').update(data).digest('hex');
}
