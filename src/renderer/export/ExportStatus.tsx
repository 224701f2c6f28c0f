/** The export that runs, or has ended and was not looked at: a press shows it. */
import { openExport } from '../actions/export.ts';
import { useExporting } from '../store/exporting.ts';
import { tryTo } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import { Meter } from '../ui/Meter.tsx';
import texts from '../ui/text.module.css';
import styles from './ExportStatus.module.css';

export function ExportStatus() {
  const state = useExporting(({ run }) => run?.state ?? null);
  const percent = useExporting(({ run }) => Math.floor((run?.progress?.fraction ?? 0) * 100));
  if (state === null || state === 'cancelled') return null;
  return (
    <Button look="plain" onPress={() => tryTo(() => openExport())}>
      {state === 'running' ? (
        <span className={styles.running}>
          <span>Exporting {percent} %</span>
          <Meter percent={percent} />
        </span>
      ) : state === 'done' ? (
        <span>Export ready</span>
      ) : (
        <span className={texts.problem}>Export failed</span>
      )}
    </Button>
  );
}
