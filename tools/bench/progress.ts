/** Says on stderr which measure runs, what it does now and for how long. */
import { duration } from '../../src/common/time/duration.ts';
import type { Measure, Say } from './measure.ts';

export interface Progress {
  readonly begin: (measure: Measure, at: number) => Say;
  end(): void;
}

/** A line that is written over in a terminal; elsewhere, a line for each thing that begins. */
export function progressOf(measures: readonly Measure[]): Progress {
  const { stderr } = process;
  const started = performance.now();
  let line = () => '';
  const seconds = (since: number) => (performance.now() - since) / 1000;
  const show = () => {
    if (stderr.isTTY) stderr.write(`\r\x1b[K${line().slice(0, stderr.columns - 1)}`);
    else console.error(line());
  };
  const ticking = stderr.isTTY ? setInterval(show, 1000) : undefined;
  return {
    begin({ title, seconds: foretold }, at) {
      const began = performance.now();
      let doing = '';
      line = () =>
        `[${at + 1} of ${measures.length}] ${title}${doing && `: ${doing}`}` +
        ` (${duration(seconds(began))} of about ${duration(foretold)}; ${duration(seconds(started))} in all)`;
      show();
      return (now) => {
        doing = now;
        show();
      };
    },
    end() {
      clearInterval(ticking);
      if (stderr.isTTY) stderr.write('\r\x1b[K');
    },
  };
}
