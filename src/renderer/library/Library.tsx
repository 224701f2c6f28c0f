/** The library: what there is to render with, what it runs on, and getting more. */
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { DownloadForm } from './DownloadForm.tsx';
import { EntryList } from './EntryList.tsx';
import styles from './Library.module.css';
import { Providers } from './Providers.tsx';

export function Library() {
  return (
    <Tabs className={styles.library}>
      <TabList aria-label="Library">
        <Tab id="list">On this machine</Tab>
        <Tab id="download">Download</Tab>
        <Tab id="providers">Runs on</Tab>
      </TabList>
      <TabPanel id="list">
        <EntryList />
      </TabPanel>
      <TabPanel id="download">
        <DownloadForm />
      </TabPanel>
      <TabPanel id="providers">
        <Providers />
      </TabPanel>
    </Tabs>
  );
}
