/** A model tried on three frames of the shot in hand: what it makes of them beside the clip, how long, and how much memory. */
import prettyBytes from 'pretty-bytes';
import { useEffect, useRef } from 'react';
import type { LibraryEntry } from '../../common/contract/library.ts';
import type { ModelTrial } from '../../common/model-trial.ts';
import { stopTrying, tryModel } from '../actions/try-model.ts';
import { useCurrentShot } from '../store/current.ts';
import { useLibrary } from '../store/library.ts';
import { attempt } from '../store/notices.ts';
import { type Tried, trialLine, useTrying } from '../store/trying.ts';
import { Button } from '../ui/Button.tsx';
import { Meter } from '../ui/Meter.tsx';
import { Pixels } from '../ui/Pixels.tsx';
import texts from '../ui/text.module.css';
import { sentence } from '../words.ts';
import styles from './Trial.module.css';

export function Trial() {
  const about = useTrying((trying) => trying.about);
  const model = useLibrary()?.find(({ path }) => path === about);
  return model ? <TrialOf model={model} /> : <p className={texts.quiet}>This model is gone.</p>;
}

function TrialOf({ model }: { readonly model: LibraryEntry }) {
  const shot = useCurrentShot()?.item ?? null;
  const running = useTrying((trying) => trying.running);
  const found = useTrying((trying) => trying.tried);
  const fault = useTrying((trying) => trying.fault);
  const tried = found?.model === model.path ? found : null;
  const box = useRef<HTMLDivElement>(null);
  // The button that had the focus is gone when the trial begins or ends: keys must reach the sheet still.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is shown changes with it
  useEffect(() => {
    if (document.activeElement === document.body) box.current?.focus();
  }, [running]);
  const isOther = running !== null && running.model !== model.path;
  return (
    <div ref={box} tabIndex={-1} className={styles.trial}>
      <p>
        <strong>{model.name}</strong>
        {model.trial && !tried ? <span className={texts.quiet}> · {trialLine(model.trial)}</span> : null}
      </p>
      <p className={texts.quiet}>
        {shot
          ? `Renders three frames of ${shot.name} as its settings are, and measures what that takes. The numbers are kept, and no take is made.`
          : 'Choose a shot first: three of its frames are rendered.'}
      </p>
      <div className={styles.work}>
        {running?.model === model.path ? (
          <Running />
        ) : (
          <Button
            look="primary"
            isDisabled={shot === null || isOther}
            onPress={() => void attempt(tryModel(model))}
          >
            {tried ? 'Render them again' : 'Render 3 frames'}
          </Button>
        )}
        {isOther ? <p className={texts.quiet}>Another model is being tried.</p> : null}
      </div>
      {fault?.model === model.path && !running ? (
        <p role="alert" className={texts.problem}>
          {sentence(fault.text)}
        </p>
      ) : null}
      {tried ? <Outcome tried={tried} name={model.name} /> : null}
    </div>
  );
}

function Running() {
  const percent = useTrying(({ fraction }) => Math.floor(100 * fraction));
  return (
    <>
      <Meter label="Trial" percent={percent} />
      <span className={styles.percent}>{percent} %</span>
      <Button onPress={stopTrying}>Cancel</Button>
    </>
  );
}

function Outcome({ tried, name }: { readonly tried: Tried; readonly name: string }) {
  const { trial, pictures } = tried.answer;
  return (
    <section className={styles.outcome} aria-label={`What came of trying ${name}`}>
      <dl className={styles.numbers}>
        {numbersOf(trial).map(([what, value]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div className={styles.pictures}>
        {pictures.map(({ frame, clip, made }) => (
          <figure key={frame}>
            <Pixels {...clip} label={`The clip at frame ${frame}`} />
            <Pixels {...made} label={`Frame ${frame} as ${name} renders it`} />
            <figcaption className={texts.quiet}>Frame {frame}</figcaption>
          </figure>
        ))}
      </div>
    </section>
  );
}

function numbersOf(trial: ModelTrial): [string, string][] {
  const { secondsPerFrame, openSeconds, peakBytes, heldBytes, foretoldBytes, width, height, steps } = trial;
  const memory = [
    peakBytes === null ? null : `${prettyBytes(peakBytes)} at most, ${prettyBytes(heldBytes)} of it before`,
    foretoldBytes === null ? null : `${prettyBytes(foretoldBytes)} foretold`,
  ].filter((one) => one !== null);
  return [
    ['A frame', `${secondsPerFrame.toFixed(1)} s`],
    ['Opening', `${openSeconds.toFixed(1)} s`],
    ...(memory.length > 0 ? [['Memory', memory.join(', ')] as [string, string]] : []),
    ['At', `${width} × ${height}, ${steps} steps`],
  ];
}
