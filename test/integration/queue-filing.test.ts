import { expect, test } from 'vitest';
import { filedTake } from '../../src/common/project/document.ts';
import type { TakeReport } from '../../src/common/report.ts';
import { SETTINGS } from '../../src/common/settings/settings.ts';
import { takeOf } from '../../src/main/engine/queue/filing.ts';
import type { Desk, Job } from '../../src/main/engine/queue/job.ts';
import { settings } from '../helpers/job-settings.ts';

test('a finished render is filed with the settings that shots know, and no others', () => {
  const desk = { shotId: 'shot-1', label: 'Shot 1' } as Desk;
  const job = { id: 'job', settings, desk } as Job;
  const report = {
    settings: {
      ...settings,
      sampling: { ...settings.sampling, seed: 12 },
      method: { id: 'pix2video', params: { weight: 80 } },
    },
    range: { start: 3, end: 9 },
    take: { path: import.meta.filename },
    bundle: { name: 'demo' },
    seconds: { total: 4 },
    inversion: { reconstruction: { frames: 1, fromCache: 1, meanPsnr: 40, minPsnr: 40 } },
  } as unknown as TakeReport;
  const take = takeOf(job, desk, report);
  const path = import.meta.filename;
  expect(take).toMatchObject({
    id: 'job',
    shotId: 'shot-1',
    start: 3,
    end: 9,
    path,
    seconds: 4,
    reconstruction: 40,
  });
  expect(take.settings).toEqual(SETTINGS.pick(report.settings, 'shot'));
  expect(take.settings).toMatchObject({ sampling: { seed: 12 }, method: { params: { weight: 80 } } });
  expect(filedTake.parse(take)).toEqual(take);
});
