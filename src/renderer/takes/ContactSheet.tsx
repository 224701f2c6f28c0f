/** A frame of each take beside the others, what tells them apart under it: pressing one shows it, 1 to 5 rates it. */
import { Images } from 'lucide-react';
import { useEffect, useState } from 'react';
import { GridList, GridListItem } from 'react-aria-components';
import type { QueueEntry } from '../../common/contract/queue.ts';
import type { ProjectDocument, Take } from '../../common/project/document.ts';
import { GUIDANCE_LABEL } from '../../common/project/variations.ts';
import { middleOf, saveContactSheet } from '../actions/contact-sheet.ts';
import { giveRating, promoteTake } from '../actions/takes.ts';
import { useJobs } from '../store/jobs.ts';
import { useMethods } from '../store/methods.ts';
import { attempt, tryTo } from '../store/notices.ts';
import { useDocument } from '../store/project.ts';
import { useTakesView } from '../store/takes.ts';
import { setView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import texts from '../ui/text.module.css';
import { count } from '../words.ts';
import styles from './ContactSheet.module.css';
import { variedWords } from './differ.ts';
import { Rating } from './Rating.tsx';
import { Thumbnail } from './Thumbnail.tsx';

type Cell =
  | { readonly take: Take; readonly entry?: never }
  | { readonly entry: QueueEntry; readonly take?: never };

function cellsOf(ids: readonly string[], { takes }: ProjectDocument, entries: readonly QueueEntry[]): Cell[] {
  return ids.flatMap((id): Cell[] => {
    const take = takes[id];
    if (take) return [{ take }];
    const entry = entries.find((one) => one.id === id && one.state !== 'cancelled');
    return entry ? [{ entry }] : [];
  });
}

export function ContactSheet() {
  const ids = useTakesView(({ sheet }) => sheet);
  const document = useDocument((whole) => whole);
  const entries = useJobs((jobs) => jobs.entries);
  const methods = useMethods();
  const [isSaving, setSaving] = useState(false);
  const cells = cellsOf(ids, document, entries);
  const takes = cells.flatMap(({ take }) => take ?? []);
  const words = variedWords(
    takes,
    ({ settings: { method } }) => methods?.find((one) => one.id === method.id) ?? null,
  );
  const waiting = cells.length - takes.length;
  useEffect(() => {
    const listening = new AbortController();
    // Wherever the focus went by a click, and before the list takes the key.
    const onKey = ({ key }: KeyboardEvent) => {
      if (key === 'Escape') setView({ dialog: null });
    };
    window.addEventListener('keydown', onKey, { signal: listening.signal, capture: true });
    return () => listening.abort();
  }, []);
  if (cells.length === 0) return <p className={texts.quiet}>These takes are gone.</p>;
  const find = (key: string | null | undefined) => takes.find(({ id }) => id === key);
  return (
    <div
      className={styles.sheet}
      onKeyDownCapture={(event) => {
        const { key, ctrlKey, metaKey, altKey } = event;
        if (ctrlKey || metaKey || altKey || !/^[0-5]$/.test(key)) return;
        const take = find((event.target as Element).closest('[role="row"]')?.getAttribute('data-key'));
        if (!take) return;
        event.preventDefault();
        event.stopPropagation();
        tryTo(() => giveRating(take, Number(key)));
      }}
    >
      <div className={styles.head}>
        <p className={texts.quiet}>
          {count(takes.length, 'take')}
          {waiting > 0 ? ` · ${waiting} still to come` : ''} · Enter or a click shows one on the timeline, 1
          to 5 rates it
        </p>
        <Button
          isDisabled={takes.length === 0 || isSaving}
          onPress={() => {
            setSaving(true);
            void attempt(
              saveContactSheet(takes, ({ id }) => words.get(id) ?? []).finally(() => setSaving(false)),
            );
          }}
        >
          <Images aria-hidden="true" />
          {isSaving ? 'Writing…' : 'Save as a picture…'}
        </Button>
      </div>
      <GridList
        aria-label="Takes side by side. 0 to 5 rates, Enter shows on the timeline."
        className={styles.cells}
        layout="grid"
        selectionMode="none"
        onAction={(key) => {
          const take = find(String(key));
          if (take) tryTo(() => promoteTake(take.shotId, take));
        }}
      >
        {cells.map(({ take, entry }) =>
          take ? (
            <TakeCell
              key={take.id}
              take={take}
              words={words.get(take.id) ?? []}
              isShown={document.timeline.some((item) => item.kind === 'shot' && item.takeId === take.id)}
            />
          ) : (
            <WaitingCell key={entry.id} entry={entry} />
          ),
        )}
      </GridList>
    </div>
  );
}

interface CellProps {
  readonly take: Take;
  readonly words: readonly string[];
  readonly isShown: boolean;
}

function TakeCell({ take, words, isShown }: CellProps) {
  const rated = take.rating === 0 ? 'not rated' : `${take.rating} of 5`;
  const text = words.join(' · ') || 'same settings';
  return (
    <GridListItem
      id={take.id}
      textValue={`${take.name}, ${text}, ${rated}${isShown ? ', on the timeline' : ''}`}
      className={styles.cell}
    >
      <Thumbnail path={take.path} frame={middleOf(take)} isShown={isShown} isSharp />
      <p className={styles.line}>
        <span className={texts.quiet}>{take.name}</span>
        <Rating take={take} />
      </p>
      <p className={styles.words} title={text}>
        {text}
      </p>
    </GridListItem>
  );
}

/** A render whose take is still to come, or never will. */
function WaitingCell({ entry }: { readonly entry: QueueEntry }) {
  const { state, fraction, error, settings } = entry;
  const text =
    state === 'failed'
      ? `Failed: ${error ?? 'for no known reason'}`
      : state === 'running'
        ? `Renders · ${Math.floor(fraction * 100)} %`
        : 'Waits in the queue';
  return (
    <GridListItem id={entry.id} textValue={`${settings.prompts.target}, ${text}`} className={styles.cell}>
      <p className={`${styles.waits} ${state === 'failed' ? texts.problem : texts.quiet}`}>{text}</p>
      <p className={`${styles.words} ${texts.quiet}`}>
        {settings.prompts.target} · {GUIDANCE_LABEL.toLowerCase()} {settings.sampling.guidance} · seed{' '}
        {settings.sampling.seed}
      </p>
    </GridListItem>
  );
}
