import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMappingFile } from '../../src/main/engine/farm/path-mapping.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

test('a session without rules has an empty object; what is no mapping is refused', async () => {
  const file = join(tempFolder(), 'mapping.json');
  const read = (value: unknown) => {
    writeFileSync(file, JSON.stringify(value));
    return readMappingFile(file);
  };
  expect(await read({})).toEqual([]);
  const rule = { source_path_format: 'POSIX', source_path: '/a', destination_path: '/b' };
  expect(await read({ version: 'pathmapping-1.0', path_mapping_rules: [rule] })).toHaveLength(1);
  await expect(read({ rules: [] })).rejects.toMatchObject({ code: 'usage' });
  await expect(read({ path_mapping_rules: [rule] })).rejects.toMatchObject({ code: 'usage' });
});
