/** Messages at the foot of the window; read aloud as they come. */
import { X } from 'lucide-react';
import { dismiss, useNotices } from '../store/notices.ts';
import { IconButton } from '../ui/IconButton.tsx';

export function Notices() {
  const notices = useNotices();
  return (
    <div className="notices" role="log" aria-label="Messages">
      {notices.map(({ id, tone, text }) => (
        <div key={id} className={`notice ${tone}`}>
          <span>{text}</span>
          <IconButton name="Dismiss" onPress={() => dismiss(id)}>
            <X />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
