/**
 * The timeline for assistive technology and keyboards: a list of shots, gaps, anchors and key frames of masks that lie over their pictures.
 * Only what is in sight is in the page, and the entry in hand; positions are told by aria-posinset.
 */
import { type KeyboardEvent, memo, useEffect, useMemo, useRef, useState } from 'react';
import type { ProjectDocument } from '../../common/project/document.ts';
import { isShot, timelineFrameOf, timelineRate } from '../../common/project/positions.ts';
import { toNumber } from '../../common/time/rational.ts';
import { usePlaced } from '../store/current.ts';
import { followsSeveral, useMethods } from '../store/methods.ts';
import { useDocument } from '../store/project.ts';
import { getView, seek, select, setView, useView, type View, viewStore } from '../store/view.ts';
import styles from './Items.module.css';
import { type Entry, entriesOf, labelOfAnchor, labelOfItem, labelOfMaskKey } from './labels.ts';
import { xOf } from './scene.ts';

/** Milliseconds of quiet after which the list follows a scroll: nothing is read aloud in between. */
const SETTLE_MS = 120;
/** Entries in the page at most; a wider view is walked with the arrows. */
const MOST = 120;

type Frame = Pick<View, 'scroll' | 'scale' | 'timelineWidth'>;

function useSettledFrame(): Frame {
  const [frame, setFrame] = useState<Frame>(getView);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    // The lanes were measured before this effect ran.
    setFrame(getView());
    const stop = viewStore.subscribe((view, before) => {
      const same =
        view.scroll === before.scroll &&
        view.scale === before.scale &&
        view.timelineWidth === before.timelineWidth;
      if (same) return;
      clearTimeout(timer);
      timer = setTimeout(() => setFrame(getView()), SETTLE_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
  return frame;
}

/** Index of the entry in hand: the anchor, else the item last selected, else the first in sight. */
function activeIndex(
  entries: readonly Entry[],
  view: Pick<View, 'anchor' | 'maskKey' | 'selection'>,
  first: number,
): number {
  const { anchor, maskKey, selection } = view;
  const key = anchor
    ? `${anchor.shotId} ${anchor.frame}`
    : maskKey
      ? `${maskKey.shotId} mask ${maskKey.frame}`
      : selection.at(-1);
  const index = key === undefined ? -1 : entries.findIndex((entry) => entry.key === key);
  return index >= 0 ? index : Math.min(first, entries.length - 1);
}

function take(entry: Entry, extend: boolean): void {
  const { placed, itemId, anchor, maskKey } = entry;
  const { selection } = getView();
  setView({ shuttle: 0 });
  if (anchor !== null && isShot(placed)) {
    select([itemId], { shotId: itemId, frame: anchor });
    seek(timelineFrameOf(placed, anchor));
  } else if (maskKey !== null && isShot(placed)) {
    select([itemId], null, { shotId: itemId, frame: maskKey });
    seek(timelineFrameOf(placed, maskKey));
  } else {
    select(extend ? [...selection.filter((id) => id !== itemId), itemId] : [itemId]);
    seek(placed.from);
  }
}

export function Items() {
  const placed = usePlaced();
  const clips = useDocument((document) => document.clips);
  const takes = useDocument((document) => document.takes);
  const project = useMemo(() => ({ clips, takes }), [clips, takes]);
  const entries = useMemo(() => entriesOf(placed), [placed]);
  const frame = useSettledFrame();
  const selection = useView((view) => view.selection);
  const anchor = useView((view) => view.anchor);
  const maskKey = useView((view) => view.maskKey);
  const methods = useMethods();
  const list = useRef<HTMLDivElement>(null);
  const hadFocus = useRef(false);

  const edge = frame.scroll + frame.timelineWidth / frame.scale;
  const first = Math.max(
    0,
    entries.findIndex((entry) => entry.placed.to > frame.scroll),
  );
  const active = activeIndex(entries, { anchor, maskKey, selection }, first);
  const shown = entries
    .map((entry, index) => ({ entry, index }))
    .filter(({ entry, index }) => {
      if (Math.abs(index - active) <= 1) return true;
      return index >= first && index < first + MOST && entry.placed.from < edge;
    });

  const activeKey = entries[active]?.key;
  useEffect(() => {
    // Focus inside the list follows what is in hand, also when a command moved it or removed what had it.
    const lost = hadFocus.current && document.activeElement === document.body;
    if ((lost || list.current?.contains(document.activeElement)) && activeKey !== undefined) {
      list.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(activeKey)}"]`)?.focus();
    }
  }, [activeKey]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const targets: Readonly<Record<string, number>> = {
      ArrowUp: active - 1,
      ArrowDown: active + 1,
      Home: 0,
      End: entries.length - 1,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    const entry = entries[Math.max(0, Math.min(entries.length - 1, target))];
    if (entry) take(entry, event.shiftKey);
  };

  const chosen = new Set(selection);
  return (
    <div
      ref={list}
      className={styles.items}
      role="listbox"
      data-timeline=""
      aria-label="Shots and anchors"
      aria-multiselectable="true"
      aria-orientation="vertical"
      tabIndex={entries.length === 0 ? 0 : -1}
      onKeyDown={onKeyDown}
      onFocus={() => {
        hadFocus.current = true;
      }}
      onBlur={(event) => {
        // An element that is taken out of the page blurs too, but is no longer in it.
        if (event.target.isConnected) hadFocus.current = false;
      }}
    >
      {shown.map(({ entry, index }) => {
        const { key, itemId, anchor: pin, maskKey: mark } = entry;
        const held = pin !== null ? anchor : mark !== null ? maskKey : null;
        return (
          <Option
            key={key}
            entry={entry}
            index={index}
            count={entries.length}
            frame={frame}
            isActive={index === active}
            isSelected={
              pin === null && mark === null
                ? chosen.has(itemId)
                : held?.shotId === itemId && held.frame === (pin ?? mark)
            }
            project={project}
            methods={methods}
          />
        );
      })}
    </div>
  );
}

interface OptionProps {
  readonly entry: Entry;
  readonly index: number;
  readonly count: number;
  readonly frame: Frame;
  readonly isActive: boolean;
  readonly isSelected: boolean;
  readonly project: Pick<ProjectDocument, 'clips' | 'takes'>;
  readonly methods: ReturnType<typeof useMethods>;
}

/** Drawn again only when something of it has changed: a letter typed for one shot draws that shot alone. */
const Option = memo(({ entry, index, count, frame, isActive, isSelected, project, methods }: OptionProps) => {
  const { placed: one } = entry;
  const frameOfMark = entry.anchor ?? entry.maskKey;
  const isMark = frameOfMark !== null && isShot(one);
  const kind = !isMark ? one.item.kind : entry.anchor !== null ? 'anchor' : 'mask-key';
  const from = isMark ? timelineFrameOf(one, frameOfMark) : one.from;
  const left = Math.max(-20, xOf(frame, from));
  const right = Math.min(frame.timelineWidth + 20, xOf(frame, isMark ? from + 1 : one.to));
  return (
    <div
      data-key={entry.key}
      role="option"
      data-kind={kind}
      className={kind === 'anchor' ? styles.anchor : isMark ? styles.maskKey : styles.item}
      tabIndex={isActive ? 0 : -1}
      aria-selected={isSelected}
      aria-setsize={count}
      aria-posinset={index + 1}
      aria-label={
        !isMark
          ? labelOfItem(project, one, toNumber(timelineRate(project)))
          : entry.anchor !== null
            ? labelOfAnchor(one.item, frameOfMark, followsSeveral(one.item, methods))
            : labelOfMaskKey(one.item, frameOfMark)
      }
      style={{ left, width: Math.max(isMark ? 0 : 2, right - left) }}
      onFocus={() => {
        // Coming in with Tab takes the entry in hand, so that commands act on what is focused.
        const { selection: now, anchor: pin, maskKey: key } = getView();
        if (pin === null && key === null && now.length === 0) take(entry, false);
      }}
    />
  );
});
Option.displayName = 'Option';
