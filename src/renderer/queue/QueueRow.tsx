/** One render: what it is doing, why it failed and what to try, and its buttons. */
import { ChevronDown, ChevronUp, GripVertical, RotateCw, X } from 'lucide-react';
import { type DragEvent, useState } from 'react';
import type { QueueEntry } from '../../common/contract/queue.ts';
import { withHint } from '../../common/errors.ts';
import { addedInWords } from '../../common/settings/in-words.ts';
import { cancelRender, moveRender, retryRender } from '../actions/queue.ts';
import { learningIn } from '../store/jobs.ts';
import { useModelName } from '../store/library.ts';
import { attempt } from '../store/notices.ts';
import { IconButton } from '../ui/IconButton.tsx';
import { Meter } from '../ui/Meter.tsx';
import { Tag } from '../ui/Tag.tsx';
import texts from '../ui/text.module.css';
import { sentence } from '../words.ts';
import { Learning } from './Learning.tsx';
import { learningText } from './learning.ts';
import { isOver, isWaiting, stateText } from './order.ts';
import styles from './QueueRow.module.css';

interface Props {
  readonly entry: QueueEntry;
  /** Name of its project where that is not the open one. */
  readonly elsewhere: string | null;
  readonly paused: boolean;
  readonly position: number;
  readonly size: number;
  /** Pixels from the top of the list. */
  readonly top: number;
  readonly measure: (element: HTMLElement | null) => void;
  readonly isActive: boolean;
  /** Id of the entry that is being dragged. */
  readonly dragged: string | null;
  /** The entry after this one; null for the last. */
  readonly next: string | null;
  readonly onFocus: () => void;
  readonly onDragged: (id: string | null) => void;
  readonly onMove: (places: 1 | -1) => void;
}

export function QueueRow(props: Props) {
  const {
    entry,
    elsewhere,
    paused,
    position,
    size,
    top,
    measure,
    isActive,
    dragged,
    next,
    onFocus,
    onDragged,
    onMove,
  } = props;
  const [over, setOver] = useState<'above' | 'below' | null>(null);
  const model = useModelName(entry.settings.model.bundle);
  const added = addedInWords(entry.settings.model);
  const learning = learningIn([entry])?.learning;
  const movable = isWaiting(entry.state);
  const percent = Math.floor(entry.fraction * 100);
  const takes = dragged !== null && dragged !== entry.id && movable;

  const onDrop = (event: DragEvent) => {
    setOver(null);
    if (!takes) return;
    event.preventDefault();
    void attempt(moveRender(dragged, over === 'below' ? next : entry.id));
  };
  return (
    <li
      ref={measure}
      className={styles.row}
      data-index={position - 1}
      data-entry={entry.id}
      data-over={(takes && over) || undefined}
      aria-posinset={position}
      aria-setsize={size}
      aria-label={`${entry.label}${entry.preview ? ', preview of one frame' : ''}${elsewhere ? `, of ${elsewhere}` : ''}: ${stateText(entry, paused)}${learning ? `. ${learningText(learning)}` : ''}`}
      tabIndex={isActive ? 0 : -1}
      style={{ transform: `translateY(${top}px)` }}
      draggable={movable}
      onFocus={onFocus}
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = 'move';
        onDragged(entry.id);
      }}
      onDragEnd={() => onDragged(null)}
      onDragOver={(event) => {
        if (!takes) return;
        event.preventDefault();
        const { top, height } = event.currentTarget.getBoundingClientRect();
        setOver(event.clientY < top + height / 2 ? 'above' : 'below');
      }}
      onDragLeave={() => setOver(null)}
      onDrop={onDrop}
    >
      <span className={styles.grip} aria-hidden="true">
        {movable ? <GripVertical /> : null}
      </span>
      <div className={styles.text}>
        <p className={styles.label}>
          {entry.label}
          {entry.preview ? <Tag>one frame</Tag> : null}
          {elsewhere ? <Tag>{elsewhere}</Tag> : null}
        </p>
        <p className={`${styles.line} ${texts.quiet}`} title={entry.settings.prompts.target}>
          {entry.settings.prompts.target}
        </p>
        <p className={`${styles.line} ${texts.quiet}`} title={entry.settings.model.bundle}>
          {model}
        </p>
        {added.length > 0 ? <p className={texts.quiet}>{added.join(' · ')}</p> : null}
        <p className={entry.state === 'failed' ? texts.problem : texts.quiet}>
          {entry.error ? sentence(withHint(entry.error, entry.hint)) : stateText(entry, paused)}
        </p>
        {entry.state === 'running' ? <Meter label={`Progress of ${entry.label}`} percent={percent} /> : null}
        {learning ? <Learning id={entry.id} curve={learning} /> : null}
      </div>
      <div className={styles.buttons}>
        {movable ? (
          <>
            <IconButton name={`Move ${entry.label} earlier`} keys="Alt+↑" onPress={() => onMove(-1)}>
              <ChevronUp />
            </IconButton>
            <IconButton name={`Move ${entry.label} later`} keys="Alt+↓" onPress={() => onMove(1)}>
              <ChevronDown />
            </IconButton>
          </>
        ) : null}
        {entry.state === 'failed' || entry.state === 'cancelled' ? (
          <IconButton name={`Try ${entry.label} again`} onPress={() => void attempt(retryRender(entry.id))}>
            <RotateCw />
          </IconButton>
        ) : null}
        {isOver(entry.state) ? null : (
          <IconButton name={`Cancel ${entry.label}`} onPress={() => void attempt(cancelRender(entry.id))}>
            <X />
          </IconButton>
        )}
        {entry.state === 'done' && !entry.filed ? (
          <IconButton
            name={`Stop waiting for ${entry.project?.name ?? 'the project'}; the file stays`}
            onPress={() => void attempt(cancelRender(entry.id))}
          >
            <X />
          </IconButton>
        ) : null}
      </div>
    </li>
  );
}
