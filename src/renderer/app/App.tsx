/** The window: who is shown where. Panels own their folders; this file only arranges them. */
import { memo } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { Bin } from '../bin/Bin.tsx';
import { Inspector } from '../inspector/Inspector.tsx';
import { Queue } from '../queue/Queue.tsx';
import { Scopes } from '../scopes/Scopes.tsx';
import { Start } from '../start/Start.tsx';
import { useJobs } from '../store/jobs.ts';
import { PANELS, resetSize, resize, useSize } from '../store/layout.ts';
import { useDocument, useOpened } from '../store/project.ts';
import { type Left, type Side, setView, useView } from '../store/view.ts';
import { Takes } from '../takes/Takes.tsx';
import { MarkerList } from '../timeline/MarkerList.tsx';
import { Timeline } from '../timeline/Timeline.tsx';
import { Separator } from '../ui/Separator.tsx';
import { Viewer } from '../viewer/Viewer.tsx';
import styles from './App.module.css';
import { Dialogs } from './Dialogs.tsx';
import { DropTarget } from './DropTarget.tsx';
import { Notices } from './Notices.tsx';
import { TopBar } from './TopBar.tsx';
import { useShell } from './use-shell.ts';

/** Widths as delivered, in design pixels. */
const LEFT = 252;
const SIDE = 320;

export function App() {
  const opened = useOpened();
  useShell();
  return (
    <>
      {opened ? <Editor key={opened.path} /> : <Start />}
      <DropTarget />
      <Dialogs />
      <Notices />
    </>
  );
}

/** What ties the window to the world changes often, and draws none of this. */
const Editor = memo(() => {
  const full = useView((view) => view.full);
  const plays = useView((view) => view.shuttle !== 0);
  const [left, side] = [useSize('left') ?? LEFT, useSize('side') ?? SIDE];
  // The viewer keeps two fifths of the window whatever the panels want.
  const columns = `min(${left / 13}rem, 25vw) minmax(0, 1fr) min(${side / 13}rem, 33vw)`;
  return (
    <div className={styles.window} style={{ gridTemplateColumns: columns }}>
      <div className={styles.part} inert={full}>
        <TopBar />
        <LeftPanels size={left} />
      </div>
      <main
        className={styles.viewer}
        aria-label="Viewer"
        data-full={full || undefined}
        data-plays={plays || undefined}
      >
        <Viewer />
      </main>
      <div className={styles.part} inert={full}>
        <SidePanels size={side} />
        <Timeline />
      </div>
    </div>
  );
});
Editor.displayName = 'Editor';

/** What the shot in hand has, and what the project and its timeline have. */
function LeftPanels({ size }: { readonly size: number }) {
  const left = useView((view) => view.left);
  const clips = useDocument((document) => Object.keys(document.clips).length);
  const markers = useDocument((document) => document.markers.length);
  return (
    <aside className={styles.takes} aria-label="Shot and project">
      <Tabs
        className={styles.tabs}
        selectedKey={left}
        onSelectionChange={(key) => setView({ left: key as Left })}
      >
        <TabList aria-label="Takes, clips and markers">
          <Tab id="takes">Takes</Tab>
          <Tab id="clips">Clips {clips > 0 ? <span className={styles.number}>{clips}</span> : null}</Tab>
          <Tab id="markers">
            Markers {markers > 0 ? <span className={styles.number}>{markers}</span> : null}
          </Tab>
        </TabList>
        <TabPanel id="takes" className={styles.body}>
          <section className={styles.whole} aria-label="Takes">
            <Takes />
          </section>
        </TabPanel>
        <TabPanel id="clips" className={styles.body}>
          <Bin />
        </TabPanel>
        <TabPanel id="markers" className={styles.body}>
          <MarkerList />
        </TabPanel>
      </Tabs>
      <Separator
        label="Width of the left panels"
        edge="right"
        size={size}
        {...PANELS.left}
        onResize={(wanted) => resize('left', wanted)}
        onReset={() => resetSize('left')}
      />
    </aside>
  );
}

function SidePanels({ size }: { readonly size: number }) {
  const side = useView((view) => view.side);
  const busy = useJobs(
    (jobs) => jobs.entries.filter((one) => one.state === 'running' || one.state === 'queued').length,
  );
  return (
    <aside className={styles.side} aria-label="Panels">
      <Tabs
        className={styles.tabs}
        selectedKey={side}
        onSelectionChange={(key) => setView({ side: key as Side })}
      >
        <TabList aria-label="Panels">
          <Tab id="inspector">Inspector</Tab>
          <Tab id="queue">Queue {busy > 0 ? <span className={styles.count}>{busy}</span> : null}</Tab>
          <Tab id="scopes">Scopes</Tab>
        </TabList>
        <TabPanel id="inspector" className={styles.body}>
          <Inspector />
        </TabPanel>
        <TabPanel id="queue" className={styles.body}>
          <Queue />
        </TabPanel>
        <TabPanel id="scopes" className={styles.body}>
          <Scopes />
        </TabPanel>
      </Tabs>
      <Separator
        label="Width of the right panels"
        edge="left"
        size={size}
        {...PANELS.side}
        onResize={(wanted) => resize('side', wanted)}
        onReset={() => resetSize('side')}
      />
    </aside>
  );
}
