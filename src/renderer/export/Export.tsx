/** The export sheet: what leaves and how, what it will take, and the export itself as it runs. */
import { useEffect } from 'react';
import { foreseeSoon } from '../actions/export.ts';
import { useExporting } from '../store/exporting.ts';
import { useDocument } from '../store/project.ts';
import { Form } from './Form.tsx';
import { Run } from './Run.tsx';

export function Export() {
  const run = useExporting((exporting) => exporting.run);
  const choice = useExporting((exporting) => exporting.choice);
  const document = useDocument((whole) => whole);
  // A take that comes meanwhile is one more.
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew of every document
  useEffect(() => foreseeSoon(), [document]);
  if (!choice) return null;
  return run ? <Run run={run} /> : <Form choice={choice} />;
}
