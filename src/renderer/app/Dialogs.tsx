/** The sheets that lie over the window, one at a time. */
import type { ReactNode } from 'react';
import { leaveExport } from '../actions/export.ts';
import { leaveOpening } from '../actions/open-timeline.ts';
import { leaveInstalling } from '../actions/plugins.ts';
import { ClipRate } from '../bin/ClipRate.tsx';
import { Export } from '../export/Export.tsx';
import { SendToFarm } from '../farm/SendToFarm.tsx';
import { CopySheet } from '../inspector/CopySheet.tsx';
import { WithPreset } from '../inspector/WithPreset.tsx';
import { KeyList } from '../keyboard/KeyList.tsx';
import { Library } from '../library/Library.tsx';
import { Trial } from '../library/Trial.tsx';
import { Consent } from '../plugins/Consent.tsx';
import { Plugins } from '../plugins/Plugins.tsx';
import { Backups } from '../start/Backups.tsx';
import { Missing } from '../start/Missing.tsx';
import { OpenTimeline } from '../start/OpenTimeline.tsx';
import { type Dialog, setView, useView } from '../store/view.ts';
import { ContactSheet } from '../takes/ContactSheet.tsx';
import { Quality } from '../takes/Quality.tsx';
import { Variations } from '../takes/Variations.tsx';
import { StartTimecode } from '../timeline/StartTimecode.tsx';
import { Sheet } from '../ui/Sheet.tsx';
import { About } from './About.tsx';
import { FindShots } from './FindShots.tsx';

interface SheetSpec {
  readonly title: string;
  readonly body: () => ReactNode;
  /** Where closing it is more than that. */
  readonly onClose?: () => void;
}

const SHEETS: Readonly<Record<Dialog, SheetSpec>> = {
  keys: { title: 'Keys', body: () => <KeyList /> },
  library: { title: 'Library', body: () => <Library /> },
  plugins: { title: 'Plugins', body: () => <Plugins /> },
  plugin: { title: 'Install a plugin', body: () => <Consent />, onClose: leaveInstalling },
  shots: { title: 'Find shots', body: () => <FindShots /> },
  copy: { title: 'Copy settings', body: () => <CopySheet /> },
  missing: { title: 'Missing clips', body: () => <Missing /> },
  backups: { title: 'Backups', body: () => <Backups /> },
  rate: { title: 'Frame rate', body: () => <ClipRate /> },
  start: { title: 'Start timecode', body: () => <StartTimecode /> },
  quality: { title: 'How good is the take', body: () => <Quality /> },
  variations: { title: 'Variations', body: () => <Variations /> },
  preset: { title: 'With a preset', body: () => <WithPreset /> },
  contact: { title: 'Contact sheet', body: () => <ContactSheet /> },
  timeline: { title: 'Open a timeline', body: () => <OpenTimeline />, onClose: leaveOpening },
  export: { title: 'Export', body: () => <Export />, onClose: leaveExport },
  farm: { title: 'Send to farm', body: () => <SendToFarm /> },
  trial: { title: 'Test render', body: () => <Trial /> },
  about: { title: 'About Retake', body: () => <About /> },
};

export function Dialogs() {
  const dialog = useView((view) => view.dialog);
  const sheet = dialog && SHEETS[dialog];
  return (
    <Sheet
      title={sheet?.title ?? ''}
      isOpen={sheet !== null}
      onClose={sheet?.onClose ?? (() => setView({ dialog: null }))}
    >
      {sheet?.body()}
    </Sheet>
  );
}
