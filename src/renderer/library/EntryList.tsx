/** What there is to render with, by kind; only the rows in sight are drawn. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { FilePlus, FolderPlus } from 'lucide-react';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { LibraryEntry } from '../../common/contract/library.ts';
import { addFile, addFolder, makeDefault, removeFromLibrary } from '../actions/library.ts';
import { refreshLibrary, useLibrary } from '../store/library.ts';
import { attempt } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import inputs from '../ui/input.module.css';
import layout from '../ui/layout.module.css';
import texts from '../ui/text.module.css';
import styles from './EntryList.module.css';
import { EntryRow } from './EntryRow.tsx';
import { isHeading, type Line, linesOf } from './groups.ts';
import { WatchedFolders } from './WatchedFolders.tsx';

export function EntryList() {
  const entries = useLibrary();
  const [typed, setTyped] = useState('');
  const lines = useMemo(() => linesOf(entries ?? [], typed.trim()), [entries, typed]);
  // Folders may have changed since.
  useEffect(() => void attempt(refreshLibrary()), []);
  return (
    <div className={styles.panel}>
      <p className={texts.quiet}>
        Drop checkpoints, LoRAs, ControlNets, embeddings or a folder of them here (.safetensors; a ComfyUI or
        A1111 folder; ONNX models). Files are read where they are and never changed.
      </p>
      <div className={layout.row}>
        <input
          type="search"
          className={`${inputs.input} ${styles.search}`}
          aria-label="Search the library"
          placeholder="Search by name, family or trigger word"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button onPress={() => void attempt(addFile())}>
          <FilePlus aria-hidden="true" />
          Add files…
        </Button>
        <Button onPress={() => void attempt(addFolder())}>
          <FolderPlus aria-hidden="true" />
          Add a folder…
        </Button>
      </div>
      <WatchedFolders />
      {entries === null ? <p className={texts.quiet}>Reading the list…</p> : null}
      {entries !== null && lines.length === 0 ? (
        <p>
          {typed.trim() === ''
            ? 'Nothing yet. Drop a file, add a folder, or download a model.'
            : 'Nothing matches.'}
        </p>
      ) : null}
      <Lines lines={lines} />
    </div>
  );
}

const keyOf = (line: Line) => (isHeading(line) ? `heading ${line.heading}` : line.path);

function Lines({ lines }: { readonly lines: readonly Line[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string | null>(null);
  const [open, setOpen] = useState<string | null>(null);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (isHeading(lines[index]!) ? 36 : 62),
    getItemKey: (index) => keyOf(lines[index]!),
    overscan: 6,
  });
  const places = useMemo(() => lines.flatMap((line, index) => (isHeading(line) ? [] : [index])), [lines]);
  const found = lines.findIndex((line) => !isHeading(line) && line.path === active);
  const at = found === -1 ? (places[0] ?? -1) : found;

  const go = (index: number | undefined) => {
    const line = index === undefined ? undefined : lines[index];
    if (index === undefined || !line || isHeading(line)) return;
    setActive(line.path);
    rows.scrollToIndex(index);
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-path="${CSS.escape(line.path)}"]`)?.focus(),
    );
  };
  /** What is opened is longer than a row: it begins at the top. */
  const toggle = (path: string | null, index: number) => {
    setOpen(path);
    if (path !== null) requestAnimationFrame(() => rows.scrollToIndex(index, { align: 'start' }));
  };
  const act = (key: string, entry: LibraryEntry): boolean => {
    const place = places.indexOf(at);
    if (key === 'ArrowDown') go(places[place + 1]);
    else if (key === 'ArrowUp') go(places[place - 1]);
    else if (key === 'Home') go(places[0]);
    else if (key === 'End') go(places.at(-1));
    else if (key === 'Enter') toggle(open === entry.path ? null : entry.path, at);
    else if (key === 'd' && entry.kind === 'model' && entry.problems.length === 0)
      void attempt(makeDefault(entry.path));
    else if (
      (key === 'Delete' || key === 'Backspace') &&
      !entry.builtIn &&
      entry.watched === null &&
      entry.plugin === null
    )
      void attempt(removeFromLibrary(entry.path));
    else return false;
    return true;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const entry = lines[at];
    if (!entry || isHeading(entry) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!(event.target instanceof Element) || !event.target.matches('[data-path]')) return;
    if (!act(event.key, entry)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  if (lines.length === 0) return null;
  return (
    <div className={styles.scroller} ref={scroller}>
      <ul
        aria-label="Library. Arrow keys move, Enter looks inside, D makes a model the default, Delete takes off the list."
        className={styles.list}
        style={{ height: rows.getTotalSize() }}
        onKeyDown={onKeyDown}
      >
        {rows.getVirtualItems().map(({ index, start }) => {
          const line = lines[index]!;
          const style = { transform: `translateY(${start}px)` };
          if (isHeading(line)) {
            return (
              <li
                key={keyOf(line)}
                ref={rows.measureElement}
                data-index={index}
                className={styles.heading}
                style={style}
              >
                <h3>
                  {line.name} <span className={texts.quiet}>{line.count}</span>
                </h3>
              </li>
            );
          }
          return (
            <EntryRow
              key={keyOf(line)}
              entry={line}
              index={index}
              position={places.indexOf(index) + 1}
              size={places.length}
              style={style}
              measure={rows.measureElement}
              isActive={index === at}
              isOpen={open === line.path}
              onFocus={() => setActive(line.path)}
              onOpen={(on) => toggle(on ? line.path : null, index)}
            />
          );
        })}
      </ul>
    </div>
  );
}
