/** The manifest's JSON Schema as a file, so that editors complete and check it while it is written. */
import { manifestJsonSchema } from '../../src/common/plugins/manifest.ts';

export const SCHEMA_FILE = 'packages/plugin-api/retake-plugin.schema.json';

export function schemaText(): string {
  const { $schema, ...schema } = manifestJsonSchema();
  return `${JSON.stringify({ $schema, title: 'Manifest of a plugin of Retake', ...schema }, null, 2)}\n`;
}
