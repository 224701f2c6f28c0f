/** History of the shot in hand: its clip and its takes, newest first. */
import { useState } from 'react';
import { GridList, type Key } from 'react-aria-components';
import { takesOf } from '../../common/project/edits-takes.ts';
import { showQuality } from '../actions/quality.ts';
import { compareTake, deleteTake, giveRating, promoteTake } from '../actions/takes.ts';
import { useCurrentShot } from '../store/current.ts';
import { useMethods } from '../store/methods.ts';
import { tryTo } from '../store/notices.ts';
import { useDocument } from '../store/project.ts';
import { compare } from '../store/viewer.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import texts from '../ui/text.module.css';
import { differences } from './describe.ts';
import { ClipRow, TakeRow } from './TakeRow.tsx';
import styles from './Takes.module.css';

const CLIP = 'clip';

export function Takes() {
  const current = useCurrentShot();
  const document = useDocument((whole) => whole);
  const methods = useMethods();
  const [selected, setSelected] = useState<Set<Key>>(new Set());
  const [renaming, setRenaming] = useState<string | null>(null);
  if (!current) return <p className={`${texts.quiet} ${layout.note}`}>Choose a shot to see its takes</p>;

  const shot = current.item;
  const clip = document.clips[shot.clipId];
  const takes = takesOf(document, shot.id);
  const byId = (key: Key | undefined) => takes.find((one) => one.id === key) ?? null;
  const chosen = takes.filter((one) => selected.has(one.id));
  const focused = () => {
    const row = globalThis.document.activeElement?.closest('[role="row"]')?.getAttribute('data-key');
    return byId(row ?? undefined) ?? chosen[0] ?? null;
  };

  const onKey = (key: string): boolean => {
    const take = focused();
    if (!take) return false;
    if (/^[0-5]$/.test(key)) tryTo(() => giveRating(take, Number(key)));
    else if (key === 'F2') setRenaming(take.id);
    else if (key === 'q') showQuality(take);
    else if (key === 'Delete' || key === 'Backspace') tryTo(() => deleteTake(take));
    else return false;
    return true;
  };

  return (
    <div
      className={styles.takes}
      // Before the list takes the key for its own typing-ahead, and before the window's key map.
      onKeyDownCapture={(event) => {
        if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey)
          return;
        if (!onKey(event.key)) return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      <GridList
        aria-label={`Takes of ${shot.name}. 0 to 5 rates, F2 renames, Q says how good it is, Delete deletes, Enter shows on the timeline.`}
        className={styles.list}
        selectionMode="multiple"
        selectionBehavior="replace"
        selectedKeys={selected}
        onSelectionChange={(keys) =>
          setSelected(keys === 'all' ? new Set<Key>(takes.map((one) => one.id)) : new Set(keys))
        }
        onAction={(key) => tryTo(() => promoteTake(shot.id, byId(key)))}
      >
        {takes.map((take) => (
          <TakeRow
            key={take.id}
            take={take}
            method={
              methods?.find((one) => one.id === take.settings.method.id)?.label ?? take.settings.method.id
            }
            isShown={shot.takeId === take.id}
            isRenaming={renaming === take.id}
            onRenaming={(on) => setRenaming(on ? take.id : null)}
            onDelete={() => tryTo(() => deleteTake(take))}
          />
        ))}
        {clip ? (
          <ClipRow key={CLIP} id={CLIP} clip={clip} shot={shot} isShown={shot.takeId === null} />
        ) : null}
      </GridList>
      {takes.length === 0 ? (
        <p className={`${texts.quiet} ${layout.note}`}>
          No takes yet. Write a prompt and render; every render is kept here.
        </p>
      ) : null}
      {chosen.length === 2 ? (
        <div className={styles.compare}>
          <p className={texts.quiet}>{differLine(differences(chosen[1]!.settings, chosen[0]!.settings))}</p>
          <Button onPress={() => compareTake(chosen[0]!, chosen[1]!)}>Compare the two</Button>
        </div>
      ) : chosen.length === 1 ? (
        <div className={styles.compare}>
          <Button onPress={() => compare('clip', { take: chosen[0]!.id })}>Compare with the clip</Button>
          <Button onPress={() => showQuality(chosen[0]!)}>How good is it…</Button>
        </div>
      ) : null}
    </div>
  );
}

function differLine(names: readonly string[]): string {
  if (names.length === 0) return 'Same settings';
  const shown = names.slice(0, 4).join(', ').toLowerCase();
  return `They differ in ${shown}${names.length > 4 ? ' and more' : ''}`;
}
