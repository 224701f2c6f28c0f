/** The window: who is shown where. Panels own their folders; this file only arranges them. */
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { Inspector } from '../inspector/Inspector.tsx';
import { Queue } from '../queue/Queue.tsx';
import { Scopes } from '../scopes/Scopes.tsx';
import { Start } from '../start/Start.tsx';
import { useJobs } from '../store/jobs.ts';
import { useOpened } from '../store/project.ts';
import { type Side, setView, useView } from '../store/view.ts';
import { Takes } from '../takes/Takes.tsx';
import { Timeline } from '../timeline/Timeline.tsx';
import { Viewer } from '../viewer/Viewer.tsx';
import styles from './App.module.css';
import { Dialogs } from './Dialogs.tsx';
import { DropTarget } from './DropTarget.tsx';
import { Notices } from './Notices.tsx';
import { TopBar } from './TopBar.tsx';
import { useShell } from './use-shell.ts';

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

function Editor() {
  return (
    <div className={styles.window}>
      <TopBar />
      <section className={styles.takes} aria-label="Takes">
        <h2 className={styles.title}>Takes</h2>
        <div className={styles.body}>
          <Takes />
        </div>
      </section>
      <main className={styles.viewer} aria-label="Viewer">
        <Viewer />
      </main>
      <SidePanels />
      <Timeline />
    </div>
  );
}

function SidePanels() {
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
    </aside>
  );
}
