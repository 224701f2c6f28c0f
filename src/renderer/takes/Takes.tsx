/** History of the shot in hand: its clip and its takes, newest first unless the artist wants otherwise. */
import { useCallback, useMemo, useState } from 'react';
import { GridLayout, GridList, type Key, ListLayout, Size, Virtualizer } from 'react-aria-components';
import { coverageNote } from '../../common/project/coverage.ts';
import type { Take } from '../../common/project/document.ts';
import { showQuality } from '../actions/quality.ts';
import { deleteTake, giveRating, promoteTake } from '../actions/takes.ts';
import { takesOfShot, useOfCurrentShot } from '../store/current.ts';
import { useMethods } from '../store/methods.ts';
import { tryTo } from '../store/notices.ts';
import { useDocument } from '../store/project.ts';
import { setTakesView, useTakesView } from '../store/takes.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import panel from '../ui/list-panel.module.css';
import texts from '../ui/text.module.css';
import { Chosen } from './Chosen.tsx';
import { listedTakes } from './choice.ts';
import { ClipRow, TakeRow, type Typing } from './TakeRow.tsx';
import styles from './Takes.module.css';
import { TakesBar } from './TakesBar.tsx';

const CLIP = 'clip';
const NO_TAKES: readonly Take[] = [];
/** Only the takes in sight are drawn; their own heights are measured once they are there. */
const AS_LIST = { layout: ListLayout, layoutOptions: { estimatedRowSize: 140 } };

function asGrid() {
  // A layout counts in CSS pixels, styles in rem.
  const rem = Number.parseFloat(getComputedStyle(globalThis.document.documentElement).fontSize);
  const least = new Size(8.2 * rem, 8.2 * rem);
  return { layout: GridLayout, layoutOptions: { minItemSize: least, minSpace: new Size(4, 4) } };
}

const remove = (take: Take) => tryTo(() => deleteTake(take));

export function Takes() {
  // Of the shot what is shown here: a letter of its prompt draws no take.
  const shot = useOfCurrentShot(({ id, name, clipId, start, end, leadAnchor, takeId }) => {
    return { id, name, clipId, start, end, leadAnchor, takeId };
  });
  const all = useDocument((document) => document.takes);
  const isEmpty = useDocument(({ timeline }) => timeline.length === 0);
  const clip = useDocument((document) => (shot ? document.clips[shot.clipId] : undefined));
  const methods = useMethods();
  const { as, filter, order, chosen } = useTakesView(({ sheet: _, ...view }) => view);
  const [typing, setTyping] = useState<{ readonly id: string; readonly what: Typing } | null>(null);
  const onTyping = useCallback(
    (id: string, what: Typing | null) => setTyping(what === null ? null : { id, what }),
    [],
  );
  const takes = shot ? takesOfShot({ takes: all }, shot.id) : NO_TAKES;
  const listed = useMemo(
    () => listedTakes(takes, { filter, order, shown: shot?.takeId ?? null }),
    [takes, filter, order, shot?.takeId],
  );
  const before = useMemo(() => new Map(takes.map((take, i) => [take.id, takes[i + 1] ?? null])), [takes]);
  if (!shot)
    return (
      <p className={`${texts.quiet} ${layout.note}`}>
        {isEmpty ? 'Takes of the shots on the timeline are kept here.' : 'Choose a shot to see its takes'}
      </p>
    );

  const byId = (key: Key | undefined) => takes.find((one) => one.id === key) ?? null;
  const selected = chosen.flatMap((id) => listed.find((take) => take.id === id) ?? []);
  const focused = () => {
    const row = globalThis.document.activeElement?.closest('[role="row"]')?.getAttribute('data-key');
    return byId(row ?? undefined) ?? selected[0] ?? null;
  };

  const onKey = (key: string): boolean => {
    const take = focused();
    if (!take) return false;
    if (/^[0-5]$/.test(key)) tryTo(() => giveRating(take, Number(key)));
    else if (key === 'F2') onTyping(take.id, 'name');
    else if (key === 'n') onTyping(take.id, 'note');
    else if (key === 'q') showQuality(take);
    else if (key === 'Delete' || key === 'Backspace') remove(take);
    else return false;
    return true;
  };

  const list = (
    <GridList
      aria-label={`Takes of ${shot.name}. 0 to 5 rates, N writes a note, F2 renames, Q says how good it is, Delete deletes, Enter shows on the timeline.`}
      className={styles.list}
      layout={as === 'grid' ? 'grid' : 'stack'}
      selectionMode="multiple"
      selectionBehavior="replace"
      selectedKeys={chosen}
      onSelectionChange={(keys) =>
        setTakesView({ chosen: keys === 'all' ? listed.map(({ id }) => id) : [...keys].map(String) })
      }
      onAction={(key) => tryTo(() => promoteTake(shot.id, byId(key)))}
    >
      {listed.map((take) => (
        <TakeRow
          key={take.id}
          take={take}
          before={before.get(take.id) ?? null}
          method={methods?.find((one) => one.id === take.settings.method.id) ?? null}
          part={coverageNote(take, shot)}
          isShown={shot.takeId === take.id}
          isShort={as === 'grid'}
          typing={typing?.id === take.id ? typing.what : null}
          onTyping={onTyping}
          onDelete={remove}
        />
      ))}
      {clip ? (
        <ClipRow key={CLIP} id={CLIP} clip={clip} frame={shot.leadAnchor} isShown={shot.takeId === null} />
      ) : null}
    </GridList>
  );
  return (
    <div
      className={styles.takes}
      // Before the list takes the key for its own typing-ahead, and before the window's key map.
      onKeyDownCapture={(event) => {
        const { target, ctrlKey, metaKey, altKey } = event;
        const types = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
        if (types || ctrlKey || metaKey || altKey || !onKey(event.key)) return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      {takes.length > 1 || filter !== 'all' ? <TakesBar /> : null}
      {as === 'grid' ? (
        <Virtualizer key="grid" {...asGrid()} shouldObserveItemSize>
          {list}
        </Virtualizer>
      ) : (
        <Virtualizer key="list" {...AS_LIST} shouldObserveItemSize>
          {list}
        </Virtualizer>
      )}
      {takes.length === 0 ? (
        <p className={`${texts.quiet} ${layout.note}`}>
          No takes yet. Write a prompt and render; every render is kept here.
        </p>
      ) : listed.length === 0 ? (
        <div className={panel.empty}>
          <p className={texts.quiet}>No take of this shot is like that.</p>
          <Button onPress={() => setTakesView({ filter: 'all' })}>Show all {takes.length}</Button>
        </div>
      ) : null}
      <Chosen chosen={selected} takes={listed} />
    </div>
  );
}
