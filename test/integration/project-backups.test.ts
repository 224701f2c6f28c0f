import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyProject } from '../../src/common/project/document.ts';
import { Backups, tooOld } from '../../src/main/engine/project/backups.ts';
import { ProjectSession } from '../../src/main/engine/project/session.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 2, 1, 12);

function working() {
  const folder = tempFolder();
  const clock = { now: NOON };
  const backups = new Backups(join(folder, 'backups'), () => clock.now);
  const project = { id: 'id / ../..', path: join(folder, 'home', 'film.retake') };
  return { folder, clock, backups, project };
}

describe('backups', () => {
  it('keep the first save of an hour, with paths that lead from anywhere', async () => {
    const { folder, clock, backups, project } = working();
    const document = withClip(await clipRefOf(join(folder, 'home', 'media', 'a.mov')));
    for (let minute = 0; minute < 60; minute += 10) {
      clock.now = NOON + minute * 60_000;
      await backups.keep(project, { ...document, name: `minute ${minute}` });
    }
    const [only, ...more] = await backups.list();
    expect(more).toEqual([]);
    expect(only).toMatchObject({ path: project.path, saved: NOON });
    expect(backups.read(only!.id)).toEqual({ ...document, name: 'minute 0' });
  });

  it('go on in the next session, after a clock that was set back, and after a failure', async () => {
    const { folder, clock, backups, project } = working();
    await backups.keep(project, emptyProject('one'));
    const next = new Backups(join(folder, 'backups'), () => clock.now);
    await next.keep(project, emptyProject('same hour'));
    expect(await next.list()).toHaveLength(1);
    clock.now -= 5 * HOUR;
    await next.keep(project, emptyProject('set back'));
    expect(await next.list()).toHaveLength(2);

    const blocked = new Backups(join(folder, 'file'), () => clock.now);
    writeFileSync(join(folder, 'file'), '');
    await expect(blocked.keep(project, emptyProject('x'))).rejects.toThrow();
    rmSync(join(folder, 'file'));
    await blocked.keep(project, emptyProject('x'));
    expect(await blocked.list()).toHaveLength(1);
  });

  it('are thinned on the disk as well', async () => {
    const { folder, clock, backups, project } = working();
    for (let hour = 0; hour < 30 * 24; hour += 24) {
      clock.now = NOON + hour * HOUR;
      await backups.keep(project, emptyProject(`${hour}`));
    }
    clock.now = NOON + 60 * DAY;
    await backups.keep(project, emptyProject('later'));
    const kept = await backups.list();
    expect(kept).toHaveLength(30);
    const files = readdirSync(join(folder, 'backups'), { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => name.endsWith('.retake'))).toHaveLength(30);
  });

  it('are thinned to a day of hours and a month of days', () => {
    const times = Array.from({ length: 60 * 24 }, (_, hour) => NOON + hour * HOUR);
    const now = times.at(-1)!;
    const old = new Set(tooOld(times));
    const kept = times.filter((time) => !old.has(time));
    expect(kept.filter((time) => now - time < DAY)).toHaveLength(24);
    expect(kept.filter((time) => now - time >= DAY)).toHaveLength(28);
    expect(now - kept[0]!).toBeGreaterThan(28 * DAY);
  });

  it('never lose the newest, however many there are', () => {
    expect(tooOld([])).toEqual([]);
    const times = Array.from({ length: 500 }, (_, index) => NOON + index * HOUR);
    expect(tooOld(times)).not.toContain(times.at(-1));
  });

  it('refuse what is not one of them', () => {
    const { backups } = working();
    for (const id of ['x', 'a-1', '', '..-..', 'a-b-c']) {
      expect(() => backups.read(id)).toThrow(expect.objectContaining({ code: 'project-unreadable' }));
    }
  });

  it('open as a new project and leave the one that was backed up as it is', async () => {
    const { folder, backups, project } = working();
    const session = new ProjectSession({ onSaved: (where, document) => void backups.keep(where, document) });
    const { document, path } = await session.create(project.path, 'film');
    await session.save({ ...document, provider: 'cpu' });
    await expect.poll(() => backups.list()).toHaveLength(1);
    await session.save({ ...document, provider: 'webgpu' });
    const [backup] = await backups.list();
    const copy = await session.createWith(join(folder, 'copy.retake'), backups.read(backup!.id));
    expect(copy.document.provider).toBe('cpu');
    expect((await session.open(path)).document.provider).toBe('webgpu');
    await session.close();
    expect(existsSync(path)).toBe(true);
  });
});
