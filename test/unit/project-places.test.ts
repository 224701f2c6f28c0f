import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pathFault } from '../../src/common/contract/values.ts';
import { NetworkPlaces, networkPlace } from '../../src/main/engine/project/places.ts';
import { ProjectSession } from '../../src/main/engine/project/session.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

describe('the place of a path', () => {
  it.each([
    ['\\\\server\\share\\a.mov', '//server/share'],
    ['//Server/Share/a.mov', '//server/share'],
    ['\\\\server@SSL@443\\DavWWWRoot\\a.mov', '//server@ssl@443/davwwwroot'],
    ['\\\\?\\UNC\\server\\share\\a.mov', '//server/share'],
    ['\\\\.\\pipe\\x', '//./pipe'],
    ['\\\\?\\C:\\a.mov', '//?/c:'],
    ['\\/server/share/a.mov', '//server/share'],
    ['smb://server/share/a.mov', 'smb://server'],
    ['https://server/a.mov', 'https://server'],
    ['/net/server/a.mov', '/net/server'],
    ['/Network/Servers/x/a.mov', '/Network/Servers'],
    ['/auto/server/a.mov', '/auto/server'],
    ['/home/me/a.mov', null],
    ['/network/a.mov', null],
    ['C:\\clips\\a.mov', null],
    ['D:/clips/a.mov', null],
    ['clips/a.mov', null],
  ])('%s is %s', (path, place) => {
    expect(networkPlace(path, ['/auto/'])).toBe(place);
  });
});

describe('network places', () => {
  it('are asked only once the artist has chosen something there, and are remembered', async () => {
    const file = join(tempFolder(), 'places.json');
    const places = new NetworkPlaces(file);
    const clip = '//server/share/a.mov';
    expect(await places.allows('/home/me/a.mov')).toBe(true);
    await expect(places.require(clip, 'looking')).rejects.toMatchObject({ code: 'clip-unreadable' });
    await places.accept('//server/share/other/b.mov');
    await places.require(clip, 'looking');
    expect(await places.allows('//server/private/a.mov')).toBe(false);
    expect(await new NetworkPlaces(file).allows(clip)).toBe(true);
    writeFileSync(file, '{"damaged"');
    expect(await new NetworkPlaces(file).allows(clip)).toBe(false);
  });

  it('are not asked by opening a project, which says where its clips lie', async () => {
    const folder = tempFolder();
    // On this system the name leads to a local folder, so that a look would find the file.
    const share = tempFolder();
    writeFileSync(join(share, 'a.mov'), 'clip');
    const clip = { ...(await clipRefOf(join(share, 'a.mov'))), path: `/${join(share, 'a.mov')}` };
    const asked: string[] = [];
    const session = new ProjectSession({
      allows: async (path) => {
        asked.push(path);
        return networkPlace(path) === null;
      },
    });
    const { document, path } = await session.create(join(folder, 'p.retake'), 'p');
    await session.save({ ...document, ...withClip(clip, `/${join(share, 'take.mov')}`) });
    await session.close();
    const opened = await session.open(path);
    expect(opened.missing).toMatchObject([
      { clipId: clip.id, path: clip.path, network: networkPlace(clip.path) },
    ]);
    expect(asked).toContain(`/${join(share, 'take.mov')}`);
    await session.close();
  });
});

describe('paths on Windows', () => {
  it.each([
    'C:\\clips\\a.mov',
    'd:/clips/a.mov',
    '\\\\server\\share\\a.mov',
    'C:\\Konrad\\auxiliary.mov',
    'C:\\com10\\a.mov',
  ])('takes %s', (path) => {
    expect(pathFault(path, true)).toBeNull();
  });

  it.each([
    'C:a.mov',
    '\\clips\\a.mov',
    '/clips/a.mov',
    'a.mov',
    '\\\\.\\PhysicalDrive0',
    '\\\\?\\C:\\a.mov',
    'C:\\clips\\nul',
    'C:\\AUX.mov',
    'C:\\clips\\con .txt',
    'C:\\com1\\a.mov',
    'C:\\a.mov:stream',
    'C:\\a\0.mov',
    '',
  ])('refuses %j', (path) => {
    expect(pathFault(path, true)).not.toBeNull();
  });
});
