/** Work that outlives whoever asked for it. */
import { Cancelled, throwIfCancelled } from '../../common/errors.ts';

/** Waits for it until the signal; what is waited for goes on. @throws Cancelled */
export async function unlessCancelled<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal?.aborted) answer.catch(() => {});
  throwIfCancelled(signal);
  if (!signal) return answer;
  const { promise: gone, reject } = Promise.withResolvers<never>();
  const cancel = () => reject(new Cancelled());
  signal.addEventListener('abort', cancel);
  try {
    return await Promise.race([answer, gone]);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
