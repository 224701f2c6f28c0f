/** One line at the foot of the terminal: phase, bar, share, time left. Plain lines where output is not a terminal. */
import type { DeliveryProgress } from '../../common/contract/delivery.ts';
import { PHASE_WORDS, type Progress } from '../../common/contract/jobs.ts';
import { duration } from '../../common/time/duration.ts';

const BAR_CELLS = 28;
const LEAST_BAR_CELLS = 6;

/** As wide as the terminal allows: the bar shrinks first, then goes. */
export function progressLine(progress: Progress, columns = 100): string {
  const percent = `${Math.floor(progress.fraction * 100)}`.padStart(3);
  const eta = progress.etaSeconds === null ? 'estimating' : `${duration(progress.etaSeconds)} left`;
  const count = progress.total > 0 ? ` ${progress.done}/${progress.total}` : '';
  const loss = progress.loss === undefined ? '' : `  loss ${progress.loss.toFixed(4)}`;
  return bar(
    progress.fraction,
    `${percent} %  ${PHASE_WORDS[progress.phase]}${count}${loss}  ${eta}`,
    columns,
  );
}

function bar(fraction: number, text: string, columns: number): string {
  const cells = Math.min(BAR_CELLS, columns - text.length - 2);
  if (cells < LEAST_BAR_CELLS) return text.slice(0, Math.max(0, columns - 1));
  const filled = Math.round(fraction * cells);
  return `${'█'.repeat(filled)}${'░'.repeat(cells - filled)} ${text}`;
}

export interface ProgressView {
  show(progress: Progress): void;
  /** Work of one phase, of which no more is known than how far it is. */
  share(what: string, fraction: number): void;
  /** A file of several. */
  file(progress: DeliveryProgress): void;
  /** Prints a line above the bar. */
  note(line: string): void;
  end(): void;
}

export function createProgressView(out: NodeJS.WriteStream): ProgressView {
  let last = '';
  let lastShown = 0;
  let lastPhase = '';
  const clear = () => {
    if (out.isTTY && last) out.write('\r\x1b[K');
  };
  const say = (phase: string, line: (columns: number) => string) => {
    const now = Date.now();
    const every = out.isTTY ? 100 : 5000;
    if (now - lastShown < every && phase === lastPhase) return;
    lastShown = now;
    lastPhase = phase;
    last = line((out.isTTY && out.columns) || 100);
    out.write(out.isTTY ? `\r${last}\x1b[K` : `${last}\n`);
  };
  return {
    show: (progress) => say(progress.phase, (columns) => progressLine(progress, columns)),
    share: (what, fraction) =>
      say(what, (columns) =>
        bar(fraction, `${`${Math.floor(fraction * 100)}`.padStart(3)} %  ${what}`, columns),
      ),
    file: ({ file, files, name, frame, frames, fraction }) =>
      say(name, (columns) => {
        const percent = `${Math.floor(fraction * 100)}`.padStart(3);
        return bar(
          fraction,
          `${percent} %  file ${file}/${files}  frame ${frame}/${frames}  ${name}`,
          columns,
        );
      }),
    note(line) {
      clear();
      out.write(`${line}\n`);
      if (out.isTTY && last) out.write(last);
    },
    end() {
      clear();
      last = '';
    },
  };
}
