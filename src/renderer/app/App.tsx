/** The window: who is shown where. Panels own their folders; this file only arranges them. */
import { memo, type ReactNode } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { Bin } from '../bin/Bin.tsx';
import { FarmJobs } from '../farm/FarmJobs.tsx';
import { Inspector } from '../inspector/Inspector.tsx';
import { BottomPanels, useHasBottomPanels } from '../panels/BottomPanels.tsx';
import { InspectorPanels } from '../panels/InspectorPanels.tsx';
import { Queue } from '../queue/Queue.tsx';
import { Scopes } from '../scopes/Scopes.tsx';
import { Start } from '../start/Start.tsx';
import { shotsOut, useFarm } from '../store/farm.ts';
import { useJobs } from '../store/jobs.ts';
import { PANELS, resetSize, resize, useSize } from '../store/layout.ts';
import { tabsAt } from '../store/panels.ts';
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
  const hasBottom = useHasBottomPanels();
  const [left, side] = [useSize('left') ?? LEFT, useSize('side') ?? SIDE];
  // The viewer keeps two fifths of the window whatever the panels want.
  const columns = `min(${left / 13}rem, 25vw) minmax(0, 1fr) min(${side / 13}rem, 33vw)`;
  return (
    <div
      className={styles.window}
      style={{ gridTemplateColumns: columns }}
      data-bottom={hasBottom || undefined}
    >
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
        <BottomPanels />
      </div>
    </div>
  );
});
Editor.displayName = 'Editor';

/** What stands in each tab of the registry. */
const CONTENTS: Readonly<Record<Left | Side, () => ReactNode>> = {
  takes: () => (
    <section className={styles.whole} aria-label="Takes">
      <Takes />
    </section>
  ),
  clips: () => <Bin />,
  markers: () => <MarkerList />,
  inspector: () => <Inspector more={<InspectorPanels />} />,
  queue: () => <Queue more={<FarmJobs />} />,
  scopes: () => <Scopes />,
};

/** What the shot in hand has, and what the project and its timeline have. */
function LeftPanels({ size }: { readonly size: number }) {
  const left = useView((view) => view.left);
  const clips = useDocument((document) => Object.keys(document.clips).length);
  const markers = useDocument((document) => document.markers.length);
  return (
    <aside className={styles.takes} aria-label="Shot and project">
      <PanelTabs
        label="Takes, clips and markers"
        tabs={tabsAt('left')}
        selected={left}
        onSelect={(id) => setView({ left: id })}
        numbers={{ clips, markers }}
        numberClass={styles.number}
      />
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
  const out = useFarm((farm) => shotsOut(farm.jobs));
  return (
    <aside className={styles.side} aria-label="Panels">
      <PanelTabs
        label="Panels"
        tabs={tabsAt('right')}
        selected={side}
        onSelect={(id) => setView({ side: id })}
        numbers={{ queue: busy + out }}
        numberClass={styles.count}
      />
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

interface PanelTabsProps<Id extends Left | Side> {
  readonly label: string;
  readonly tabs: readonly { readonly id: Id; readonly label: string }[];
  readonly selected: Id;
  readonly onSelect: (id: Id) => void;
  /** How many there are of what a tab shows; none is not said. */
  readonly numbers: Partial<Readonly<Record<Id, number>>>;
  readonly numberClass: string | undefined;
}

function PanelTabs<Id extends Left | Side>(props: PanelTabsProps<Id>) {
  const { label, tabs, selected, onSelect, numbers, numberClass } = props;
  return (
    <Tabs className={styles.tabs} selectedKey={selected} onSelectionChange={(key) => onSelect(key as Id)}>
      <TabList aria-label={label}>
        {tabs.map(({ id, label: name }) => (
          <Tab key={id} id={id}>
            {name} {numbers[id] ? <span className={numberClass}>{numbers[id]}</span> : null}
          </Tab>
        ))}
      </TabList>
      {tabs.map(({ id }) => (
        <TabPanel key={id} id={id} className={styles.body}>
          {CONTENTS[id]()}
        </TabPanel>
      ))}
    </Tabs>
  );
}
