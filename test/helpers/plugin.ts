/** Plugins for tests. */
import type { z } from 'zod';
import type { manifestSchema } from '../../src/common/plugins/manifest.ts';

type ManifestInput = z.input<typeof manifestSchema>;

/** A whole manifest of a text format, with what a test says otherwise. */
export function manifestWith(other: Partial<ManifestInput> = {}): ManifestInput {
  return {
    manifest: 1,
    id: 'org.example.ale',
    version: '1.0.0',
    name: 'Avid log',
    summary: 'Writes the shots as an Avid log.',
    author: 'Example',
    license: 'MIT',
    engines: { retake: '>=0.1 <1' },
    tier: 'script',
    main: 'index.js',
    suites: ['timeline@1'],
    contributes: { exporters: [{ id: 'ale', label: 'Avid log', programs: 'Avid', ending: '.ale' }] },
    ...other,
  };
}
