/** What is to be exported, and how. */
import type { ExportChoice } from '../../common/delivery/choice.ts';
import { leaveExport, startExport } from '../actions/export.ts';
import { useExporting } from '../store/exporting.ts';
import { Button } from '../ui/Button.tsx';
import texts from '../ui/text.module.css';
import styles from './Export.module.css';
import { Forecast } from './Forecast.tsx';
import { MediaFields } from './MediaFields.tsx';
import { PlaceFields } from './PlaceFields.tsx';
import { PresetBar } from './PresetBar.tsx';
import { refusedAt } from './refused.ts';
import { TimelineFields } from './TimelineFields.tsx';
import { WhatField } from './WhatField.tsx';

export function Form({ choice }: { readonly choice: ExportChoice }) {
  const foreseen = useExporting((exporting) => exporting.foreseen);
  const general = refusedAt(foreseen, 'all');
  return (
    <form
      className={styles.sheet}
      onSubmit={(event) => {
        event.preventDefault();
        void startExport();
      }}
    >
      <PresetBar choice={choice} />
      <div className={styles.columns}>
        <div className={styles.column}>
          <WhatField choice={choice} refused={refusedAt(foreseen, 'what')} />
          <MediaFields choice={choice} refused={refusedAt(foreseen, 'media')} />
          <PlaceFields choice={choice} foreseen={foreseen} />
        </div>
        <div className={styles.column}>
          <TimelineFields choice={choice} refused={refusedAt(foreseen, 'timelines')} />
        </div>
      </div>
      <footer className={styles.foot}>
        <div className={styles.forecast} aria-live="polite">
          {general ? <p className={texts.problem}>{general}</p> : <Forecast foreseen={foreseen} />}
        </div>
        <div className={styles.buttons}>
          <Button onPress={leaveExport}>Cancel</Button>
          <Button look="primary" type="submit" isDisabled={foreseen?.state !== 'known'}>
            Export
          </Button>
        </div>
      </footer>
    </form>
  );
}
