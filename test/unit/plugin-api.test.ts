/** What is made of the plugin API's schemas and types is as they are now. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { REFERENCE_FILE, referenceText } from '../../tools/plugins/reference.ts';
import { SCHEMA_FILE, schemaText } from '../../tools/plugins/schema.ts';

const root = resolve(import.meta.dirname, '../..');

it.each([
  [SCHEMA_FILE, schemaText()],
  [REFERENCE_FILE, referenceText(root)],
])('%s is made anew with npm run plugin-api', (file, text) => {
  expect(readFileSync(join(root, file), 'utf8')).toBe(text);
});
