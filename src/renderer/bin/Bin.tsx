/** The clips of the project, with or without shots: what they are, where they lie, and the way onto the timeline. */
import { useMemo, useState } from 'react';
import { GridList, type Key, ListLayout, useDragAndDrop, Virtualizer } from 'react-aria-components';
import type { ClipRef } from '../../common/project/document.ts';
import { giveClipName, takeOut } from '../actions/clips.ts';
import { run } from '../actions/registry.ts';
import { CLIP_TYPE } from '../store/dragged-clip.ts';
import { tryTo } from '../store/notices.ts';
import { useDocument } from '../store/project.ts';
import { getView, setView, useView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import panel from '../ui/list-panel.module.css';
import texts from '../ui/text.module.css';
import { ClipRow } from './ClipRow.tsx';

/** Only the clips in sight are drawn; their own heights are measured once they are there. */
const ROWS = { estimatedRowSize: 110 };

export function Bin() {
  const clips = useDocument((document) => document.clips);
  const chosen = useView((view) => view.clip);
  const [renaming, setRenaming] = useState<string | null>(null);
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ [CLIP_TYPE]: String(key) })),
    getAllowedDropOperations: () => ['copy'],
  });
  const all = useMemo(() => Object.values(clips), [clips]);
  if (all.length === 0)
    return (
      <div className={panel.empty}>
        <p className={texts.quiet}>No clips yet. Drop files on the window, or</p>
        <Button onPress={() => void run('file.import')}>Import clips…</Button>
      </div>
    );
  const isHere = chosen !== null && clips[chosen] !== undefined;
  const onKey = (key: string): boolean => {
    const id = document.activeElement?.closest('[role="row"]')?.getAttribute('data-key') ?? getView().clip;
    const clip = clips[id ?? ''];
    if (!clip) return false;
    if (key === 'F2') setRenaming(clip.id);
    else if (key === 'Delete' || key === 'Backspace') tryTo(() => takeOut(clip));
    else return false;
    return true;
  };
  return (
    <div
      className={panel.panel}
      onKeyDownCapture={(event) => {
        if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey)
          return;
        if (!onKey(event.key)) return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      <Virtualizer layout={ListLayout} layoutOptions={ROWS} shouldObserveItemSize>
        <GridList
          items={all}
          dependencies={[renaming]}
          aria-label="Clips. Enter puts one in at the playhead, F2 renames, Delete takes it out of the project."
          className={panel.list}
          selectionMode="single"
          selectionBehavior="replace"
          selectedKeys={isHere ? [chosen] : []}
          onSelectionChange={(keys) => {
            const [key] = keys === 'all' ? [] : ([...keys] as Key[]);
            setView({ clip: key === undefined ? null : String(key) });
          }}
          onAction={(key) => {
            setView({ clip: String(key) });
            void run('clip.insert');
          }}
          dragAndDropHooks={dragAndDropHooks}
        >
          {(clip: ClipRef) => (
            <ClipRow
              clip={clip}
              isRenaming={renaming === clip.id}
              onRenaming={(on) => setRenaming(on ? clip.id : null)}
              onRename={(name) => tryTo(() => giveClipName(clip, name))}
            />
          )}
        </GridList>
      </Virtualizer>
      <div className={panel.foot}>
        <Button isDisabled={!isHere} onPress={() => void run('clip.insert')}>
          Insert
        </Button>
        <Button isDisabled={!isHere} onPress={() => void run('clip.append')}>
          Append
        </Button>
      </div>
    </div>
  );
}
