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
import { Dialogs } from './Dialogs.tsx';
import { DropTarget } from './DropTarget.tsx';
import { Notices } from './Notices.tsx';
import { TopBar } from './TopBar.tsx';
import { useShell } from './use-shell.ts';
import './app.css';

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
    <div className="window">
      <TopBar />
      <section className="panel-takes" aria-label="Takes">
        <h2 className="panel-title">Takes</h2>
        <div className="panel-body">
          <Takes />
        </div>
      </section>
      <main className="panel-viewer" aria-label="Viewer">
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
    <Tabs
      className="panel-side"
      selectedKey={side}
      onSelectionChange={(key) => setView({ side: key as Side })}
    >
      <TabList aria-label="Panels">
        <Tab id="inspector">Inspector</Tab>
        <Tab id="queue">Queue {busy > 0 ? <span className="count">{busy}</span> : null}</Tab>
        <Tab id="scopes">Scopes</Tab>
      </TabList>
      <TabPanel id="inspector" className="panel-body">
        <Inspector />
      </TabPanel>
      <TabPanel id="queue" className="panel-body">
        <Queue />
      </TabPanel>
      <TabPanel id="scopes" className="panel-body">
        <Scopes />
      </TabPanel>
    </Tabs>
  );
}
