/** Project, undo, import and what the engine is doing. */
import { FolderOpen, Import, Keyboard, Redo2, Share, Undo2 } from 'lucide-react';
import { CommandButton } from '../commands/CommandButton.tsx';
import { ExportStatus } from '../export/ExportStatus.tsx';
import { useJobs } from '../store/jobs.ts';
import { useDocument, useSaveState, useUndoNames } from '../store/project.ts';
import { useEngineState } from '../store/session.ts';
import layout from '../ui/layout.module.css';
import { Toolbar } from '../ui/Toolbar.tsx';
import texts from '../ui/text.module.css';
import styles from './TopBar.module.css';

export function TopBar() {
  const name = useDocument((document) => document.name);
  const { undo, redo } = useUndoNames();
  return (
    <header className={styles.bar}>
      <h1>{name}</h1>
      <Toolbar label="Project" className={styles.tools}>
        <CommandButton id="file.open">
          <FolderOpen />
        </CommandButton>
        <CommandButton id="file.import">
          <Import />
        </CommandButton>
        <CommandButton id="file.export">
          <Share />
        </CommandButton>
        <span className={layout.divider} />
        <CommandButton id="edit.undo" name={undo ? `Undo ${undo}` : 'Nothing to undo'} isDisabled={!undo}>
          <Undo2 />
        </CommandButton>
        <CommandButton id="edit.redo" name={redo ? `Redo ${redo}` : 'Nothing to redo'} isDisabled={!redo}>
          <Redo2 />
        </CommandButton>
      </Toolbar>
      <span className={layout.spring} />
      <ExportStatus />
      <Status />
      <CommandButton id="view.keys">
        <Keyboard />
      </CommandButton>
    </header>
  );
}

const SAVE_STATES = { saved: 'Saved', saving: 'Saving', failed: 'Not saved' } as const;

function Status() {
  const { engine, why } = useEngineState();
  const save = useSaveState();
  const [importing] = Object.entries(useJobs((jobs) => jobs.imports));
  const text =
    engine === 'restarting'
      ? `The engine stopped${why ? ` (${why})` : ''} and is starting again`
      : engine === 'failed'
        ? `The engine does not start${why ? `: ${why}` : ''}`
        : engine === 'starting'
          ? 'The engine is starting'
          : importing
            ? `${importing[0].replace(/^.*[\\/]/, '')}: ${importing[1].what} ${Math.round(importing[1].fraction * 100)} %`
            : SAVE_STATES[save];
  return (
    <span role="status" className={texts.quiet}>
      {text}
    </span>
  );
}
