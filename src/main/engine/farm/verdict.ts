/** Whether another attempt at a task could do better than one that failed. */
import { type ErrorCode, TooLittleMemory, toWire } from '../../../common/errors.ts';
import { EXIT_AGAIN, EXIT_NEVER } from './job-folder.ts';

/** What lies in the request, the footage or the model, and is the same on every machine; faults of ours among it. */
const NEVER: ReadonlySet<ErrorCode | 'cancelled'> = new Set([
  ...(['usage', 'clip-no-video', 'clip-changed', 'bundle-invalid', 'not-finite'] as const),
  ...(['version-mismatch', 'project-unreadable', 'plugin-invalid', 'internal'] as const),
]);

/** A full disk, too little memory, a file that this machine does not have, whoever stopped it: 75. */
export function exitOf(error: unknown): typeof EXIT_AGAIN | typeof EXIT_NEVER {
  if (error instanceof TooLittleMemory) return EXIT_AGAIN;
  return NEVER.has(toWire(error).code) ? EXIT_NEVER : EXIT_AGAIN;
}
