/** npm run plugin-api: writes what is made of the plugin API's schemas and types. A test holds that it has been run. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { REFERENCE_FILE, referenceText } from './reference.ts';
import { SCHEMA_FILE, schemaText } from './schema.ts';

const root = resolve(import.meta.dirname, '../..');
writeFileSync(join(root, SCHEMA_FILE), schemaText());
writeFileSync(join(root, REFERENCE_FILE), referenceText(root));
