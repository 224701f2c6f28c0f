/** Follows what an engine renders on the terminal; Ctrl-C cancels it in order, a second one leaves at once. */
import type { Engine } from './engine.ts';
import { createProgressView } from './progress.ts';

export const EXIT_CANCELLED = 130;

export interface Following {
  /** Ctrl-C was pressed. */
  readonly stopped: boolean;
  /** Prints a line above the progress. */
  note(line: string): void;
  end(): void;
}

export function follow(engine: Engine): Following {
  const view = createProgressView(process.stderr);
  let job: string | null = null;
  let stopped = false;
  const cancel = () => {
    if (job) void engine.call('job.cancel', { id: job }).catch(() => {});
  };
  const stop = () => {
    if (stopped) process.exit(EXIT_CANCELLED);
    stopped = true;
    cancel();
  };
  engine.onEvent((event) => {
    if (event.kind === 'started') {
      job = event.job;
      if (stopped) cancel();
    } else if (event.kind === 'progress') view.show(event.progress);
    else if (event.kind === 'warning') view.note(`retake: ${event.message}`);
  });
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
  return {
    get stopped() {
      return stopped;
    },
    note: (line) => view.note(line),
    end: () => view.end(),
  };
}
