/** Models: what is on this machine, what they run on, and getting another one. */
import { FolderPlus } from 'lucide-react';
import { useEffect } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { addBundle } from '../actions/bundles.ts';
import { refreshBundles, useBundles } from '../store/bundles.ts';
import { attempt } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import texts from '../ui/text.module.css';
import { BundleRow } from './BundleRow.tsx';
import styles from './Bundles.module.css';
import { DownloadForm } from './DownloadForm.tsx';
import { Providers } from './Providers.tsx';

export function Bundles() {
  return (
    <Tabs className={styles.bundles}>
      <TabList aria-label="Models">
        <Tab id="list">On this machine</Tab>
        <Tab id="download">Download</Tab>
        <Tab id="providers">Runs on</Tab>
      </TabList>
      <TabPanel id="list">
        <BundleList />
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

function BundleList() {
  const bundles = useBundles();
  // Folders may have changed since.
  useEffect(() => void attempt(refreshBundles()), []);
  return (
    <div className={styles.list}>
      <p className={texts.quiet}>
        A model is a folder with a Stable Diffusion network exported to ONNX. Its files are read where they
        are and never changed.
      </p>
      {bundles === null ? <p className={texts.quiet}>Reading the list…</p> : null}
      {bundles?.length === 0 ? <p>No model yet. Add a folder, or download one.</p> : null}
      <ul>
        {bundles?.map((bundle) => (
          <BundleRow key={bundle.dir} bundle={bundle} />
        ))}
      </ul>
      <div>
        <Button onPress={() => void attempt(addBundle())}>
          <FolderPlus aria-hidden="true" />
          Add a folder…
        </Button>
      </div>
    </div>
  );
}
