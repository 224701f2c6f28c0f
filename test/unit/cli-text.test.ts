import { expect, test } from 'vitest';
import type { JobSummary } from '../../src/common/contract/jobs.ts';
import { jobTable } from '../../src/main/cli/text.ts';
import { settings } from '../helpers/job-settings.ts';

test('the list of jobs says whose each is, and which can be resumed here', () => {
  const job = (id: string, more: Partial<JobSummary>): JobSummary => ({
    ...{ id, state: 'cancelled', settings, phase: null, done: 0, total: 0, error: null, createdAt: 1 },
    ...{ resumable: false, desktop: null, ...more },
  });
  const [, mine, theirs, older] = jobTable([
    job('aaaaaaaa', { resumable: true }),
    job('bbbbbbbb', { state: 'queued', desktop: { label: 'Shot 3', project: 'Night drive' } }),
    job('cccccccc', { state: 'running', desktop: { label: 'Shot 1', project: null } }),
  ]).split('\n');
  expect(mine).toMatch(/^aaaaaaaa {2}cancelled \(can be resumed\) /);
  expect(theirs).toMatch(/^bbbbbbbb {2}queued \(desktop: Night drive, Shot 3\) /);
  expect(older).toMatch(/^cccccccc {2}running \(desktop: Shot 1\) /);
});
