import type { Migration } from '../../storage/db.ts';

// Whatever is derived is kept, not inverted latents alone. What was kept stays where it is: only names change.
export const artefacts: Migration = {
  version: 3,
  name: 'artefacts',
  sql: `
    DROP TRIGGER frames_added;
    DROP TRIGGER frames_removed;
    DROP INDEX frames_used;
    DROP INDEX frames_group;

    ALTER TABLE frames RENAME TO artefacts;
    ALTER TABLE artefacts RENAME COLUMN frame TO name;
    ALTER TABLE artefacts ADD COLUMN kind TEXT NOT NULL DEFAULT 'inversion';
    ALTER TABLE artefacts ADD COLUMN shape TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE artefacts ADD COLUMN is_file INTEGER NOT NULL DEFAULT 0;
    UPDATE artefacts SET shape = json_array(channels, height, width);
    ALTER TABLE artefacts DROP COLUMN channels;
    ALTER TABLE artefacts DROP COLUMN height;
    ALTER TABLE artefacts DROP COLUMN width;
    CREATE INDEX artefacts_used ON artefacts (used);
    CREATE INDEX artefacts_kind ON artefacts (kind, used, bytes);
    CREATE INDEX artefacts_group ON artefacts (group_id, kind, used, bytes, psnr);

    ALTER TABLE latents RENAME TO contents;
    ALTER TABLE groups RENAME COLUMN source_prompt TO prompt;

    ALTER TABLE totals RENAME COLUMN frames TO items;
    CREATE TRIGGER artefacts_added AFTER INSERT ON artefacts BEGIN
      UPDATE totals SET items = items + 1, bytes = bytes + new.bytes;
    END;
    CREATE TRIGGER artefacts_removed AFTER DELETE ON artefacts BEGIN
      UPDATE totals SET items = items - 1, bytes = bytes - old.bytes;
    END;
  `,
};
