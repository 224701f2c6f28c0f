/** Where paths of the desk are on another machine. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { mapPath, nameOf, readMappingFile, ruleOf } from '../../src/main/engine/farm/path-mapping.ts';

const posix = (from: string, to: string) => ({ format: 'POSIX' as const, from, to });
const windows = (from: string, to: string) => ({ format: 'WINDOWS' as const, from, to });

test.each([
  ['/Volumes/media/a/b.mov', [posix('/Volumes/media', '/mnt/m')], '/mnt/m/a/b.mov'],
  // A name that only begins so is another.
  ['/Volumes/media2/b.mov', [posix('/Volumes/media', '/mnt/m')], '/Volumes/media2/b.mov'],
  ['/Volumes/media', [posix('/Volumes/media/', '/mnt/m')], '/mnt/m'],
  ['/Volumes/MEDIA/b.mov', [posix('/Volumes/media', '/mnt/m')], '/Volumes/MEDIA/b.mov'],
  ['/a/b/c.mov', [posix('/a', '/one'), posix('/a/b', '/two')], '/two/c.mov'],
  ['/a/b/c.mov', [posix('/a/b', '/two'), posix('/a', '/one')], '/two/c.mov'],
  ['/a/c.mov', [posix('/', '/root')], '/root/a/c.mov'],
  ['/a/shot.####.exr', [posix('/a', '/b')], '/b/shot.####.exr'],
  ['C:\\Films\\A b\\x.mov', [windows('c:/films', '/mnt/f')], '/mnt/f/A b/x.mov'],
  ['\\\\nas\\films\\x.mov', [windows('\\\\NAS\\films', '/mnt/f')], '/mnt/f/x.mov'],
  ['/C:/x.mov', [windows('C:\\', '/mnt/c')], '/C:/x.mov'],
  ['D:\\x.mov', [windows('C:\\', '/mnt/c')], 'D:\\x.mov'],
])('%s', (path, rules, mapped) => {
  expect(mapPath(path, rules)).toBe(mapped);
});

test('a rule in one word tells by its beginning whose path it is about', () => {
  expect(ruleOf('/Volumes/a=/mnt/a')).toEqual(posix('/Volumes/a', '/mnt/a'));
  expect(ruleOf('C:\\a=/mnt/a=b')).toEqual(windows('C:\\a', '/mnt/a=b'));
  for (const wrong of ['/a', '=/a', '/a=']) expect(() => ruleOf(wrong)).toThrow(/maps no path/);
});

test('a file of rules is that of Open Job Description', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'retake-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'rules.json');
  const rule = (source_path_format: string, source_path: string) => ({
    ...{ source_path_format, source_path, destination_path: '/mnt' },
  });
  const path_mapping_rules = [rule('POSIX', '/a'), rule('WINDOWS', 'C:\\a'), rule('URI', 's3://a')];
  writeFileSync(file, JSON.stringify({ version: 'pathmapping-1.0', path_mapping_rules }));
  expect(await readMappingFile(file)).toEqual([posix('/a', '/mnt'), windows('C:\\a', '/mnt')]);
  writeFileSync(file, JSON.stringify({ version: 'pathmapping-2.0', path_mapping_rules }));
  await expect(readMappingFile(file)).rejects.toThrow(/maps no paths/);
  writeFileSync(file, '{');
  await expect(readMappingFile(file)).rejects.toThrow(/maps no paths/);
  await expect(readMappingFile(join(dir, 'none'))).rejects.toThrow(/not there/);
});

test('names are those of the desk’s system', () => {
  expect(nameOf('C:\\takes\\Shot 1.mov')).toBe('Shot 1.mov');
  expect(nameOf('/takes/Shot\\1.mov')).toBe('Shot\\1.mov');
});
