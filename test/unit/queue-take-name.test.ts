import { expect, test } from 'vitest';
import { fileName } from '../../src/main/engine/queue/take-name.ts';

test('names of takes suit every file system', () => {
  expect(fileName('Int. Büro / Tag: "1"?')).toBe('Int. Büro - Tag- -1--');
  expect(fileName(' ..hidden.. ')).toBe('hidden');
  expect(fileName('\u0000/')).toBe('--');
  expect(fileName('   ')).toBe('Shot');
  // 200 bytes: with a number, an ending and a report's ending below the 255 of most disks.
  expect([...fileName('🎬'.repeat(200))]).toHaveLength(50);
});
