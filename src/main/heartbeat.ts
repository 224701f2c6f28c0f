/**
 * How a process that started an engine hears that it lives. A thread of the engine writes a NUL byte to its standard
 * output every second, also while a network call holds the engine's own thread for minutes.
 */

/** Argument of the engine: its standard output is a pipe whose reader knows of beats. */
export const BEAT_ARGUMENT = '--beat';
export const BEAT = '\0';

export interface HeartbeatOptions {
  /** What the engine printed, without the beats. */
  readonly onText: (text: string) => void;
  /** It was heard before, and is no longer: stopped, or so far gone that not even a thread of it runs. Told once. */
  readonly onSilent: () => void;
  readonly silentMs?: number;
}

const SILENT_MS = 20_000;
const LOOKS = 10;

/** Returns the function that takes what came; it stays quiet once the stream has ended. */
export function listenForBeats(
  stream: NodeJS.ReadableStream,
  { onText, onSilent, silentMs = SILENT_MS }: HeartbeatOptions,
): void {
  let looksWithout = 0;
  let timer: NodeJS.Timeout | null = null;
  const end = () => {
    if (timer) clearInterval(timer);
  };
  stream.on('data', (chunk: Buffer) => {
    const text = chunk.toString('utf8');
    looksWithout = 0;
    // Counted in looks and not by the clock: a machine that slept has not missed a beat.
    timer ??= setInterval(() => {
      looksWithout += 1;
      if (looksWithout <= LOOKS) return;
      end();
      onSilent();
    }, silentMs / LOOKS).unref();
    const said = text.replaceAll(BEAT, '');
    if (said !== '') onText(said);
  });
  stream.on('close', end).on('end', end);
}

/** Ends a process that may be stopped or stuck in native code; no request reaches such a one. */
export function endHard(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
