/** All markers of the timeline, in order: press one to go to it, Enter to change it. */
import { GridList, GridListItem, type Key, ListLayout, Virtualizer } from 'react-aria-components';
import type { Marker } from '../../common/project/document.ts';
import { timecodeAt } from '../../common/project/start-timecode.ts';
import { run } from '../actions/registry.ts';
import { useDocument } from '../store/project.ts';
import { seek, setView, takeMarker, useView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import panel from '../ui/list-panel.module.css';
import texts from '../ui/text.module.css';
import styles from './MarkerList.module.css';

/** Only the markers in sight are drawn. */
const ROWS = { estimatedRowSize: 31 };

export function MarkerList() {
  const markers = useDocument((document) => document.markers);
  const inHand = useView((view) => view.marker);
  if (markers.length === 0)
    return (
      <div className={panel.empty}>
        <p className={texts.quiet}>No markers yet. M sets one at the playhead; M again names it.</p>
        <Button onPress={() => void run('marker.add')}>Marker at the playhead</Button>
      </div>
    );
  const go = (key: Key | undefined, open: boolean) => {
    const marker = markers.find(({ id }) => id === key);
    if (!marker) return;
    setView({ shuttle: 0 });
    seek(marker.frame);
    takeMarker(marker.id, open);
  };
  return (
    <div
      className={panel.panel}
      onKeyDownCapture={(event) => {
        if (event.key !== 'Delete' && event.key !== 'Backspace') return;
        event.preventDefault();
        event.stopPropagation();
        void run('marker.remove');
      }}
    >
      <Virtualizer layout={ListLayout} layoutOptions={ROWS} shouldObserveItemSize>
        <GridList
          items={markers}
          aria-label="Markers. Enter changes one, Delete removes it."
          className={panel.list}
          selectionMode="single"
          selectionBehavior="replace"
          selectedKeys={inHand === null ? [] : [inHand]}
          onSelectionChange={(keys) => go(keys === 'all' ? undefined : [...keys][0], false)}
          onAction={(key) => go(key, true)}
        >
          {(marker: Marker) => <Row marker={marker} />}
        </GridList>
      </Virtualizer>
      <div className={panel.foot}>
        <Button onPress={() => void run('marker.add')}>Add</Button>
        <Button isDisabled={inHand === null} onPress={() => void run('marker.edit')}>
          Change…
        </Button>
        <Button onPress={() => void run('marker.clear')}>Clear</Button>
      </div>
    </div>
  );
}

function Row({ marker: { id, frame, name, note, colour } }: { readonly marker: Marker }) {
  const timecode = useDocument((document) => timecodeAt(document, frame));
  return (
    <GridListItem id={id} textValue={name || timecode} className={styles.row}>
      <span
        className={styles.dot}
        role="img"
        aria-label={colour}
        style={{ background: `var(--marker-${colour})` }}
      />
      <span className={`${texts.quiet} ${texts.mono}`}>{timecode}</span>
      <span className={styles.name}>{name}</span>
      {note ? <span className={`${texts.quiet} ${styles.note}`}>{note}</span> : null}
    </GridListItem>
  );
}
