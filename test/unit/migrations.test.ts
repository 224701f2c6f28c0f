import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Migration } from '../../src/main/engine/storage/db.ts';

const engine = join(import.meta.dirname, '../../src/main/engine');

/** First characters of the SHA-256 of each one's SQL, layout aside. Add a line for a new one; never change a line. */
const KNOWN: Readonly<Record<string, string>> = {
  'artefacts/001-latents.ts': '51195256125b9602',
  'artefacts/002-leases.ts': 'dd2e694fbeddd6fe',
  'artefacts/003-artefacts.ts': 'a73350f6418b6cda',
  'library/001-headers.ts': '5bb4ef756ce05ae3',
  'library/002-seen.ts': 'ac283b9837adb538',
  'project/001-document.ts': '3f2a83eddbaa2297',
  'project/002-takes.ts': '3212c2ec7effd448',
  'queue/001-jobs.ts': '353a51abd1d54fdf',
  'queue/002-desktop-queue.ts': '7efef9c102443c6a',
  'queue/003-one-table.ts': '30015f2ba07adc0e',
  'queue/004-collected.ts': 'f1cac63c0e8ea708',
};

test('a migration is never edited: files are taken only if their schema is what the migrations make', async () => {
  const found: Record<string, string> = {};
  for (const owner of readdirSync(engine)) {
    const folder = join(engine, owner, 'migrations');
    let names: string[];
    try {
      names = readdirSync(folder).filter((name) => name.endsWith('.ts'));
    } catch {
      continue;
    }
    for (const name of names) {
      const [migration] = Object.values((await import(join(folder, name))) as Record<string, Migration>);
      const sql = migration!.sql.replace(/\s+/g, ' ').trim();
      found[`${owner}/${name}`] = createHash('sha256').update(sql).digest('hex').slice(0, 16);
    }
  }
  expect(found).toEqual(KNOWN);
});
