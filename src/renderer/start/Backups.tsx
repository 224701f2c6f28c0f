/** Copies that were made by the clock: chosen by project and time, opened as a new project beside what is there. */
import { useEffect, useState } from 'react';
import type { Backup } from '../../common/contract/projects.ts';
import { openBackup } from '../actions/backups.ts';
import { call } from '../engine.ts';
import { attempt } from '../store/notices.ts';
import { useOpened } from '../store/project.ts';
import { useEngineState } from '../store/session.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import texts from '../ui/text.module.css';
import styles from './Backups.module.css';

export function Backups() {
  const [backups, setBackups] = useState<readonly Backup[] | null>(null);
  const here = useOpened()?.path;
  const { engine } = useEngineState();
  useEffect(() => {
    if (engine !== 'up') return;
    void attempt(call('backups.list', null)).then((list) => {
      if (list) setBackups(list);
    });
  }, [engine]);
  if (!backups) return <p className={texts.quiet}>Looking…</p>;
  if (backups.length === 0) {
    return <p>There are none yet. While you work, the first save of every hour is kept.</p>;
  }
  const projects = [...new Set(backups.map(({ path }) => path))];
  // The open project first; the others by what was worked on last.
  projects.sort((a, b) => Number(b === here) - Number(a === here));
  return (
    <div className={styles.backups}>
      <p className={texts.quiet}>
        The first save of every hour is kept for a day, the last of every day for a month. A backup opens as a
        new project; what is there stays as it is.
      </p>
      {projects.map((path) => (
        <Times key={path} path={path} backups={backups.filter((one) => one.path === path)} />
      ))}
    </div>
  );
}

function Times({ path, backups }: { readonly path: string; readonly backups: readonly Backup[] }) {
  const name = backups[0]!.name;
  return (
    <section aria-label={`Backups of ${name}`}>
      <h3>{name}</h3>
      <p className={`${texts.quiet} ${texts.path}`}>{path}</p>
      <ul>
        {backups.map((backup) => (
          <li key={backup.id} className={layout.row}>
            <span>{timeText(backup.saved)}</span>
            <Button onPress={() => void attempt(openBackup(backup))}>Open…</Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function timeText(time: number): string {
  return new Date(time).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}
