/** The timeline: tools, the drawn lanes, and the same items as elements for keyboards and assistive technology. */
import { type MouseEvent, useEffect, useRef, useState } from 'react';
import { run } from '../actions/registry.ts';
import { CommandMenu } from '../commands/CommandMenu.tsx';
import { useLength } from '../store/current.ts';
import { PANELS, resetSize, resize, useSize } from '../store/layout.ts';
import { useDocument } from '../store/project.ts';
import { Button } from '../ui/Button.tsx';
import { Separator } from '../ui/Separator.tsx';
import texts from '../ui/text.module.css';
import { Items } from './Items.tsx';
import { MARKERS_HEIGHT } from './lanes.ts';
import { MarkerPopover } from './MarkerPopover.tsx';
import { runSurface } from './surface.ts';
import styles from './Timeline.module.css';
import { TimelineBar } from './TimelineBar.tsx';

const MENU = [
  'edit.split',
  'edit.merge',
  'edit.delete',
  'edit.lift',
  null,
  'edit.duplicate',
  'view.clipOfShot',
  'marker.add',
  'timeline.start',
  null,
  'anchor.add',
  'anchor.lead',
  'take.next',
  null,
  'render.shots',
  'render.frame',
  'render.three',
  'render.range',
  'clip.findShots',
];

/** A quarter of a high window; the pictures of the shots take what the other lanes leave. */
function startHeight(): number {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return Math.max(248, Math.round((window.innerHeight * 0.26 * 13) / rem));
}

export function Timeline() {
  const height = useSize('timeline') ?? startHeight();
  const hasMarkers = useDocument(({ markers }) => markers.length > 0);
  const empty = useLength() === 0;
  const [menu, setMenu] = useState<{ readonly x: number; readonly y: number } | null>(null);
  const openMenu = (event: MouseEvent<HTMLDivElement>) => {
    event.preventDefault();
    const box = event.currentTarget.getBoundingClientRect();
    setMenu({ x: event.clientX - box.left, y: event.clientY - box.top });
  };
  return (
    <section
      className={styles.timeline}
      aria-label="Timeline"
      style={{ height: `min(${height / 13}rem, 60vh)` }}
    >
      <Separator
        label="Height of the timeline"
        edge="top"
        size={height}
        {...PANELS.timeline}
        onResize={(size) => resize('timeline', size)}
        onReset={() => resetSize('timeline')}
      />
      <TimelineBar />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the menu is for the items inside, which have roles */}
      <div
        className={styles.lanes}
        style={{ ['--markers' as string]: `${hasMarkers ? MARKERS_HEIGHT / 13 : 0}rem` }}
        onContextMenu={empty ? undefined : openMenu}
      >
        <Surface />
        <Items />
        <MarkerPopover />
        <CommandMenu label="Timeline" entries={MENU} at={menu} onClose={() => setMenu(null)} />
        {empty ? (
          <div className={styles.empty}>
            <p className={texts.quiet}>Drop a clip here, or</p>
            <Button onPress={() => void run('file.import')}>Import clips…</Button>
          </div>
        ) : null}
      </div>
    </section>
  );
}

/** Drawn for the eye alone: Items says the same to everyone else. */
function Surface() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => (canvas.current ? runSurface(canvas.current) : undefined), []);
  return (
    <div aria-hidden="true">
      <canvas ref={canvas} className={styles.canvas} data-lanes="" />
    </div>
  );
}
