/** The export that runs, above the renders: how far it is, and what ends it. Its sheet says the rest. */
import { X } from 'lucide-react';
import { cancelExport, openExport } from '../actions/export.ts';
import { useExporting } from '../store/exporting.ts';
import { tryTo } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import { IconButton } from '../ui/IconButton.tsx';
import { Meter } from '../ui/Meter.tsx';
import texts from '../ui/text.module.css';
import { nameOfFile } from '../words.ts';
import styles from './ExportRow.module.css';
import { exportLine } from './order.ts';

export function ExportRow() {
  const run = useExporting((exporting) => exporting.run);
  const line = exportLine(run);
  if (!run || !line) return null;
  return (
    <section className={styles.row} aria-label="Export">
      <div className={styles.what}>
        <p>{line.text}</p>
        <p className={`${texts.quiet} ${texts.oneLine}`} title={run.folder}>
          {nameOfFile(run.folder)}
        </p>
        <Meter label="Export, share done" percent={line.percent} />
      </div>
      <Button onPress={() => tryTo(() => openExport())}>Show</Button>
      <IconButton name="Stop the export" onPress={cancelExport}>
        <X />
      </IconButton>
    </section>
  );
}
