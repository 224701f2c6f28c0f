/** The sheets that lie over the window, one at a time. */
import type { ReactNode } from 'react';
import { CopySheet } from '../inspector/CopySheet.tsx';
import { KeyList } from '../keyboard/KeyList.tsx';
import { Library } from '../library/Library.tsx';
import { Backups } from '../start/Backups.tsx';
import { Missing } from '../start/Missing.tsx';
import { type Dialog, setView, useView } from '../store/view.ts';
import { Quality } from '../takes/Quality.tsx';
import { Sheet } from '../ui/Sheet.tsx';
import { About } from './About.tsx';
import { FindShots } from './FindShots.tsx';

const SHEETS: Readonly<Record<Dialog, { readonly title: string; readonly body: () => ReactNode }>> = {
  keys: { title: 'Keys', body: () => <KeyList /> },
  library: { title: 'Library', body: () => <Library /> },
  shots: { title: 'Find shots', body: () => <FindShots /> },
  copy: { title: 'Copy settings', body: () => <CopySheet /> },
  missing: { title: 'Missing clips', body: () => <Missing /> },
  backups: { title: 'Backups', body: () => <Backups /> },
  quality: { title: 'How good is the take', body: () => <Quality /> },
  about: { title: 'About Retake', body: () => <About /> },
};

export function Dialogs() {
  const dialog = useView((view) => view.dialog);
  const sheet = dialog && SHEETS[dialog];
  return (
    <Sheet title={sheet?.title ?? ''} isOpen={sheet !== null} onClose={() => setView({ dialog: null })}>
      {sheet?.body()}
    </Sheet>
  );
}
