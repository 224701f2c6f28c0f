/** How good a take is: numbers with a sentence each, and the files that show it. */
import { Columns2, Contrast, Images } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { errorLine } from '../../common/errors.ts';
import type { Take } from '../../common/project/document.ts';
import { readings, type TakeScores } from '../../common/take-scores.ts';
import {
  chooseImageText,
  giveUp,
  lookUpScores,
  measureTake,
  writeComparison,
  writeSheet,
} from '../actions/quality.ts';
import { useEstimatorOptions } from '../store/estimators.ts';
import { attempt, tryTo } from '../store/notices.ts';
import { useDocument } from '../store/project.ts';
import { setImageText, useQuality, type Work } from '../store/quality.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import { Meter } from '../ui/Meter.tsx';
import { Picker } from '../ui/Picker.tsx';
import texts from '../ui/text.module.css';
import styles from './Quality.module.css';

const DOING = {
  score: 'Measuring',
  sheet: 'Making the contact sheet',
  compare: 'Making the A/B movie',
} as const;

export function Quality() {
  const id = useQuality((quality) => quality.take);
  const take = useDocument((document) => (id === null ? undefined : document.takes[id]));
  return take ? <QualityOf key={take.id} take={take} /> : <p className={texts.quiet}>This take is gone.</p>;
}

function QualityOf({ take }: { readonly take: Take }) {
  const scores = useQuality((quality) => quality.scores[take.path]);
  const work = useQuality((quality) => quality.works[take.path]);
  const imageText = useQuality((quality) => quality.imageText);
  const [fault, setFault] = useState<string | null>(null);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (scores !== undefined || work) return;
    setFault(null);
    lookUpScores(take).catch((error: unknown) => setFault(errorLine(error)));
  }, [take, scores, work]);
  // The button that had the focus is gone when its work begins or ends: keys must reach the sheet still.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what they show changes with these
  useEffect(() => {
    if (document.activeElement === document.body) box.current?.focus();
  }, [scores, work === undefined]);
  return (
    <div ref={box} tabIndex={-1} className={styles.quality}>
      <h3>{take.name}</h3>
      {fault !== null ? <p className={texts.problem}>{fault}</p> : null}
      {scores ? <Numbers scores={scores} /> : null}
      {work ? <Under work={work} onCancel={() => giveUp(take)} /> : null}
      {scores === null && !work ? (
        <div className={styles.measure}>
          <p className={texts.quiet}>
            Reads the take and its clip once. The numbers are kept until one of the two changes.
          </p>
          <Button look="primary" onPress={() => void attempt(measureTake(take))}>
            Measure
          </Button>
        </div>
      ) : null}
      <ImageText folder={imageText} isDisabled={work !== undefined} />
      <div className={layout.row}>
        <Button isDisabled={work !== undefined} onPress={() => void attempt(writeSheet(take))}>
          <Images aria-hidden="true" />
          Contact sheet…
        </Button>
        <Button isDisabled={work !== undefined} onPress={() => void attempt(writeComparison(take, 'side'))}>
          <Columns2 aria-hidden="true" />
          A/B movie…
        </Button>
        <Button isDisabled={work !== undefined} onPress={() => void attempt(writeComparison(take, 'wipe'))}>
          <Contrast aria-hidden="true" />
          Wipe movie…
        </Button>
      </div>
    </div>
  );
}

function Numbers({ scores }: { readonly scores: TakeScores }) {
  const { frames, width, height, notes } = scores;
  return (
    <section aria-label="Scores">
      <dl className={styles.numbers}>
        {readings(scores).map(({ id, label, term, value, means }) => (
          <div key={id} data-score={id}>
            <dt title={`In papers: ${term}`}>{label}</dt>
            <dd className={styles.value}>{value}</dd>
            <dd className={texts.quiet}>{means}</dd>
          </div>
        ))}
      </dl>
      <p className={texts.quiet}>
        {frames === 1 ? 'One frame' : `${frames} frames`}, compared at {width}×{height}, as the model saw
        them.
      </p>
      {notes.map((note) => (
        <p key={note} className={texts.quiet}>
          Note: {note}.
        </p>
      ))}
    </section>
  );
}

function Under({ work, onCancel }: { readonly work: Work; readonly onCancel: () => void }) {
  const percent = Math.round(100 * work.fraction);
  return (
    <div className={styles.under}>
      <p>
        {DOING[work.what]}… {percent} %
      </p>
      <Button onPress={onCancel}>Cancel</Button>
      <div className={styles.meter}>
        <Meter label={DOING[work.what]} percent={percent} />
      </div>
    </div>
  );
}

function ImageText({ folder, isDisabled }: { readonly folder: string | null; readonly isDisabled: boolean }) {
  const known = useEstimatorOptions('image-text');
  const name = known.find(({ id }) => id === folder)?.name ?? folder?.replace(/^.*[\\/]/, '');
  return (
    <div className={layout.row}>
      <span className={texts.quiet}>
        {folder === null
          ? 'How takes follow their prompts is not measured: that needs an image-text model.'
          : `Prompts by ${name}`}
      </span>
      {known.length > 0 ? (
        <Picker
          label="Image-text model from the library"
          isLabelHidden
          placeholder="From the library"
          options={known}
          value={null}
          isDisabled={isDisabled}
          onChange={setImageText}
        />
      ) : null}
      <Button look="plain" isDisabled={isDisabled} onPress={() => tryTo(chooseImageText)}>
        {folder === null ? 'Choose one…' : 'Another…'}
      </Button>
      {folder === null ? null : (
        <Button look="plain" isDisabled={isDisabled} onPress={() => setImageText(null)}>
          Without
        </Button>
      )}
    </div>
  );
}
