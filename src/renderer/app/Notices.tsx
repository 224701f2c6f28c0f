/** Messages at the foot of the window; read aloud as they come. */
import { X } from 'lucide-react';
import { dismiss, useNotices } from '../store/notices.ts';
import { setView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import { IconButton } from '../ui/IconButton.tsx';
import styles from './Notices.module.css';

const SHOW = { plugins: 'Plugins…' } as const;

export function Notices() {
  const notices = useNotices();
  return (
    <div className={styles.notices} role="log" aria-label="Messages">
      {notices.map(({ id, tone, text, sheet }) => (
        <div key={id} className={tone === 'problem' ? `${styles.notice} ${styles.problem}` : styles.notice}>
          <span>{text}</span>
          {sheet ? (
            <Button
              onPress={() => {
                dismiss(id);
                setView({ dialog: sheet });
              }}
            >
              {SHOW[sheet]}
            </Button>
          ) : null}
          <IconButton name="Dismiss" onPress={() => dismiss(id)}>
            <X />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
