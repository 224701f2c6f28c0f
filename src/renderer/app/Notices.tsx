/** Messages at the foot of the window; read aloud as they come. */
import { X } from 'lucide-react';
import { dismiss, useNotices } from '../store/notices.ts';
import { IconButton } from '../ui/IconButton.tsx';
import styles from './Notices.module.css';

export function Notices() {
  const notices = useNotices();
  return (
    <div className={styles.notices} role="log" aria-label="Messages">
      {notices.map(({ id, tone, text }) => (
        <div key={id} className={tone === 'problem' ? `${styles.notice} ${styles.problem}` : styles.notice}>
          <span>{text}</span>
          <IconButton name="Dismiss" onPress={() => dismiss(id)}>
            <X />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
