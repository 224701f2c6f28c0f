import { expect, it } from 'vitest';
import { emptyProject } from '../../src/common/project/document.ts';
import { setStartTimecode, timecodeAt, timelineStart } from '../../src/common/project/start-timecode.ts';
import { clipRef } from '../helpers/projects.ts';

const NTSC = { num: 30000, den: 1001 };
const projectAt = (timecode: string | null, rate = NTSC) => ({
  ...emptyProject('p'),
  clips: { c: { ...clipRef('c', 3000, rate), timecode } },
});

it('is hour one until it is set, by drop frame where the first clip counts so', () => {
  expect(timecodeAt(projectAt('00:59:12;04'), 0)).toBe('01:00:00;00');
  expect(timecodeAt(projectAt('00:59:12;04'), 1800)).toBe('01:01:00;02');
  expect(timecodeAt(projectAt('00:59:12:04'), 1800)).toBe('01:01:00:00');
  expect(timecodeAt(projectAt(null), 0)).toBe('01:00:00:00');
  expect(timecodeAt(emptyProject('p'), 0)).toBe('01:00:00:00');
});

it('is set to what this rate can count, and set back by nothing', () => {
  const document = projectAt(null);
  setStartTimecode(document, ' 10:00:00;00 ');
  expect(timecodeAt(document, 1)).toBe('10:00:00;01');
  expect(() => setStartTimecode(document, '10:00:00:30')).toThrow('no timecode of this timeline');
  expect(document.startTimecode).toBe('10:00:00;00');
  setStartTimecode(document, '');
  expect(timelineStart(document)).toEqual(timelineStart(projectAt(null)));
  // The first clip went and another rate counts: drop frame is not of it.
  const other = { ...projectAt(null, { num: 25, den: 1 }), startTimecode: '10:00:00;00' };
  expect(timecodeAt(other, 0)).toBe('01:00:00:00');
});
