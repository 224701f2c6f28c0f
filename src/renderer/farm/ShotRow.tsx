/** A shot at the farm: which machine has it, how far it is, why it failed, and the last that its machine said. */
import { ChevronRight } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { FarmShotStatus, FarmStatus } from '../../common/contract/farm.ts';
import { withHint } from '../../common/errors.ts';
import { Meter } from '../ui/Meter.tsx';
import texts from '../ui/text.module.css';
import { sentence } from '../words.ts';
import { type Place, Row } from './Row.tsx';
import { shotText } from './rows.ts';
import styles from './ShotRow.module.css';

interface Props {
  readonly place: Place;
  readonly job: FarmStatus;
  readonly shot: FarmShotStatus;
}

export function ShotRow({ place, job, shot }: Props) {
  const [showsLines, setShowsLines] = useState(false);
  const { name, state, fraction, error, lines } = shot;
  const text = shotText(shot);
  const isBad = state === 'failed';
  const hasLines = lines.length > 0 && (isBad || state === 'stopped' || state === 'running');
  return (
    <Row
      place={place}
      kind="shot"
      label={`${name}, of ${job.name}: ${text}${error ? `. ${error.line}` : ''}`}
    >
      <div className={styles.line}>
        <p className={`${styles.name} ${texts.oneLine}`} title={name}>
          {name}
        </p>
        {hasLines ? (
          <button
            type="button"
            className={styles.fold}
            aria-expanded={showsLines}
            aria-label={`Log of ${name}`}
            tabIndex={place.isActive ? 0 : -1}
            onClick={() => setShowsLines(!showsLines)}
          >
            <ChevronRight aria-hidden="true" />
            Log
          </button>
        ) : null}
      </div>
      <p className={isBad ? texts.problem : texts.quiet}>{text}</p>
      {error ? <p className={styles.why}>{sentence(withHint(error.line, error.hint))}</p> : null}
      {state === 'running' ? (
        <Meter label={`Progress of ${name}`} percent={Math.floor(fraction * 100)} />
      ) : null}
      {hasLines && showsLines ? <Lines lines={lines} /> : null}
    </Row>
  );
}

/** The newest are in sight. */
function Lines({ lines }: Pick<FarmShotStatus, 'lines'>) {
  const box = useRef<HTMLPreElement>(null);
  // Their number tells nothing: of a machine that says much, only the last ones are here.
  const text = lines.join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: of every new line
  useEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with keys
    <pre ref={box} className={`${styles.lines} ${texts.mono}`} tabIndex={0}>
      {text}
    </pre>
  );
}
