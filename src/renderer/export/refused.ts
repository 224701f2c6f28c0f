/** What is wrong with a field of the sheet. Pure. */
import type { ExportField, Foreseen } from '../store/exporting.ts';

export function refusedAt(foreseen: Foreseen | null, field: ExportField): string | null {
  return foreseen?.state === 'refused' && foreseen.refusal.field === field ? foreseen.refusal.line : null;
}
