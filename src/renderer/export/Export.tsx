/** The export sheet: what leaves and how, what it will take, and the export itself as it runs. */
import { useEffect } from 'react';
import { foreseeSoon } from '../actions/export.ts';
import { useExporting } from '../store/exporting.ts';
import { useDocument } from '../store/project.ts';
import { Form } from './Form.tsx';
import { ReplaceSource } from './ReplaceSource.tsx';
import { Run } from './Run.tsx';

export function Export() {
  const run = useExporting((exporting) => exporting.run);
  const choice = useExporting((exporting) => exporting.choice);
  const replacing = useExporting((exporting) => exporting.replacing);
  const document = useDocument((whole) => whole);
  // A take that comes meanwhile is one more.
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew of every document
  useEffect(() => foreseeSoon(), [document]);
  if (run) return <Run run={run} />;
  const take = replacing === null ? undefined : document.takes[replacing];
  if (take) return <ReplaceSource take={take} />;
  return choice ? <Form choice={choice} /> : null;
}
