/** Model bundles; shown inside a sheet while view.dialog is 'bundles'. */
import { useEffect, useState } from 'react';
import type { BundleEntry } from '../../common/desktop.ts';
import { call } from '../engine.ts';
import { attempt } from '../store/notices.ts';

export function Bundles() {
  const [entries, setEntries] = useState<readonly BundleEntry[]>([]);
  useEffect(() => {
    void attempt(call('bundles.list', null)).then((list) => setEntries(list ?? []));
  }, []);
  return (
    <ul>
      {entries.map((entry) => (
        <li key={entry.dir}>{entry.name}</li>
      ))}
    </ul>
  );
}
