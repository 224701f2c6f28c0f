/** What the window hears of the queue: the entries that have changed, and where the running one stands; ten times a second at most. */
import type { DesktopEvent, JobEvent } from '../../../common/contract/events.ts';
import type { Progress } from '../../../common/contract/jobs.ts';
import type { QueueEntry } from '../../../common/contract/queue.ts';
import { AppError } from '../../../common/errors.ts';

const EVERY_MS = 100;

export interface NewsParts {
  /** The entry as it is now; null when it has left the queue. */
  readonly look: (id: string) => QueueEntry | null;
  readonly paused: () => boolean;
  readonly emit: (event: DesktopEvent | JobEvent) => void;
}

export class QueueNews {
  readonly #parts: NewsParts;
  readonly #touched = new Set<string>();
  #isChanged = false;
  #progress: { job: string; progress: Progress } | null = null;
  #toldAt = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: NewsParts) {
    this.#parts = parts;
  }

  /** These have changed, come or gone; none where only the pause has changed. */
  changed(...ids: readonly string[]): void {
    for (const id of ids) this.#touched.add(id);
    this.#isChanged = true;
    this.#soon();
  }

  progress(job: string, progress: Progress): void {
    this.#progress = { job, progress };
    this.#soon();
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => this.flush(), Math.max(0, this.#toldAt + EVERY_MS - Date.now()));
  }

  /** Tells at once what is still to be told. */
  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#toldAt = Date.now();
    if (this.#isChanged) this.#tellChanges();
    if (this.#progress) this.#parts.emit({ kind: 'progress', ...this.#progress });
    this.#progress = null;
  }

  #tellChanges(): void {
    const ids = [...this.#touched];
    this.#touched.clear();
    this.#isChanged = false;
    try {
      const entries = ids.map((id) => this.#parts.look(id));
      this.#parts.emit({
        kind: 'queue',
        changed: entries.filter((entry) => entry !== null),
        removed: ids.filter((_, at) => entries[at] === null),
        paused: this.#parts.paused(),
      });
    } catch (error) {
      // The job list cannot be read; whoever asks for it next is told why.
      if (!(error instanceof AppError)) throw error;
    }
  }
}
