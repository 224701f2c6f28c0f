import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDemo } from '../../src/main/app/demo.ts';
import { projectArgument } from '../../src/main/app/open-with.ts';
import { openRecent } from '../../src/main/app/recent.ts';
import {
  contentSecurityPolicy,
  denyNavigation,
  denyPermissions,
  developmentServer,
  isOwnPage,
} from '../../src/main/app/security.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'retake-shell-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('recent projects', () => {
  const made = (name: string) => {
    const path = join(folder, name);
    writeFileSync(path, '');
    return path;
  };

  it('are kept newest first, once each, over restarts', () => {
    const file = join(folder, 'recent.json');
    const told: string[] = [];
    const recent = openRecent(file, (path) => told.push(path));
    const [a, b] = [made('a.retake'), made('b.retake')];
    for (const path of [a, b, b, a]) recent.add(path);
    expect(recent.list()).toEqual([a, b]);
    expect(told).toEqual([a, b, a]);
    expect(openRecent(file, () => {}).list()).toEqual([a, b]);
  });

  it.skipIf(process.platform === 'win32')('do not wait for a list that is a pipe', () => {
    const file = join(folder, 'recent.json');
    execFileSync('mkfifo', [file]);
    expect(openRecent(file, () => {}).list()).toEqual([]);
  });

  it('leave out what is gone and forget the oldest', () => {
    const recent = openRecent(join(folder, 'recent.json'), () => {});
    const all = Array.from({ length: 15 }, (_, i) => made(`${i}.retake`));
    for (const path of all) recent.add(path);
    rmSync(all[14]!);
    expect(recent.list()).toEqual(all.slice(3, 14).reverse());
  });

  it('start anew from a damaged file, and bear a folder that cannot be written', () => {
    const file = join(folder, 'recent.json');
    writeFileSync(file, '{"projects": 7');
    expect(openRecent(file, () => {}).list()).toEqual([]);
    const nowhere = openRecent(join(folder, 'absent', 'recent.json'), () => {});
    const path = made('a.retake');
    nowhere.add(path);
    expect(nowhere.list()).toEqual([path]);
  });
});

describe('a project on the command line', () => {
  it('is the first project file, made absolute', () => {
    expect(projectArgument(['retake', '--flag=x.retake', 'film.Retake'], folder)).toBe(
      join(folder, 'film.Retake'),
    );
    expect(projectArgument(['retake', join(folder, 'a.retake'), 'b.retake'], '/')).toBe(
      join(folder, 'a.retake'),
    );
    expect(projectArgument(['x.retake', '.'], folder)).toBeNull();
  });
});

describe('the demo', () => {
  it('is there only with clip and description', () => {
    const project = join(folder, 'Demo.retake');
    const write = (text: string) => writeFileSync(join(folder, 'demo.json'), text);
    expect(readDemo(folder, project)).toBeNull();
    writeFileSync(join(folder, 'clip.mp4'), '');
    expect(readDemo(folder, project)).toBeNull();
    write('{}');
    expect(readDemo(folder, project)).toBeNull();
    write(JSON.stringify({ edits: [{ name: 'one', settings: { sampling: { steps: 10 } } }] }));
    expect(readDemo(folder, project)).toEqual({
      clip: join(folder, 'clip.mp4'),
      project,
      exists: false,
      range: null,
      settings: {},
      edits: [{ name: 'one', settings: { sampling: { steps: 10 } } }],
    });
    expect(existsSync(project)).toBe(false);
  });
});

describe('the content security policy', () => {
  it('allows no source but the page itself', () => {
    const policy = contentSecurityPolicy(null);
    expect(policy).toContain(`default-src 'none'`);
    expect(policy).toContain(`script-src 'self';`);
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
  });
});

describe('who is listened to', () => {
  const says = (url: string, page: string, parent: object | null = null) =>
    isOwnPage({ senderFrame: { url, parent } } as never, page);

  it.each([
    ['retake://app/', 'retake://app/'],
    ['retake://app/index.html#shot', 'retake://app/'],
    ['http://localhost:5173/src/?a=b', 'http://localhost:5173'],
  ])('our own page: %s', (url, page) => expect(says(url, page)).toBe(true));

  it.each([
    // Each begins like ours.
    ['http://localhost:5173.evil.example/', 'http://localhost:5173'],
    ['http://localhost:51730/', 'http://localhost:5173'],
    ['http://localhost:5173@evil.example/', 'http://localhost:5173'],
    ['retake://app.evil/', 'retake://app'],
    ['retake://application/', 'retake://app'],
    // And each of these ends like it, or is none.
    ['https://localhost:5173/', 'http://localhost:5173'],
    ['file:///retake://app/', 'retake://app/'],
    ['about:blank', 'retake://app/'],
    ['data:text/html,x', 'retake://app/'],
    ['', 'retake://app/'],
  ])('no stranger: %s', (url, page) => expect(says(url, page)).toBe(false));

  it('no frame in it, and none that has gone', () => {
    expect(says('retake://app/', 'retake://app/', {})).toBe(false);
    expect(isOwnPage({ senderFrame: null } as never, 'retake://app/')).toBe(false);
  });

  it('a development server only where there is no installed application', () => {
    const env = { ELECTRON_RENDERER_URL: 'http://localhost:5173' };
    expect(developmentServer(false, env)).toBe('http://localhost:5173');
    expect(developmentServer(false, {})).toBeNull();
    expect(developmentServer(true, env)).toBeNull();
  });
});

const root = join(import.meta.dirname, '../..');

describe('the window', () => {
  const app = readdirSync(join(root, 'src/main/app'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(root, 'src/main/app', name), 'utf8'))
    .join('\n');

  it('is made with every safe setting', () => {
    for (const setting of [
      'sandbox: true',
      'contextIsolation: true',
      'nodeIntegration: false',
      'webviewTag: false',
    ])
      expect(app).toContain(setting);
  });

  it.each([
    'webSecurity',
    'allowRunningInsecureContent',
    'experimentalFeatures',
    'BlinkFeatures',
    'nodeIntegrationIn',
    'allowpopups',
    'openExternal',
    'remote',
    'appendSwitch',
    'bypassCSP: true',
  ])('is made without %s', (unsafe) => expect(app).not.toContain(unsafe));

  it('refuses to go anywhere', () => {
    const contents = Object.assign(new EventEmitter(), {
      open: (_details: object): { action: string } => ({ action: 'allow' }),
      setWindowOpenHandler(handler: (details: object) => { action: string }) {
        contents.open = handler;
      },
    });
    denyNavigation(contents as never);
    expect(contents.open({ url: 'retake://app/' })).toEqual({ action: 'deny' });
    const refused = (name: string, details: object = {}) => {
      let prevented = false;
      const preventDefault = () => {
        prevented = true;
      };
      contents.emit(name, { preventDefault, ...details });
      return prevented;
    };
    for (const name of ['will-navigate', 'will-redirect', 'will-attach-webview'])
      expect(refused(name)).toBe(true);
    expect(refused('will-frame-navigate', { isMainFrame: false })).toBe(true);
  });

  it('refuses every permission', () => {
    const handlers: Record<string, (...args: unknown[]) => unknown> = {};
    const keep = (name: string) => (handler: (...args: unknown[]) => unknown) => {
      handlers[name] = handler;
    };
    denyPermissions({
      setPermissionRequestHandler: keep('request'),
      setPermissionCheckHandler: keep('check'),
      setDevicePermissionHandler: keep('device'),
    } as never);
    for (const permission of [
      'media',
      'geolocation',
      'clipboard-read',
      'fileSystem',
      'openExternal',
      'new one',
    ]) {
      let answer: unknown;
      handlers.request!({}, permission, (given: unknown) => {
        answer = given;
      });
      expect(answer).toBe(false);
      expect(handlers.check!({}, permission)).toBe(false);
    }
    expect(handlers.device!({ deviceType: 'usb' })).toBe(false);
  });
});

describe('the installed program', () => {
  it('reads no options of Node from its surroundings, and is a plain Node for plugins and tasks of a farm alone', () => {
    const fuses = readFileSync(join(root, 'electron-builder.yml'), 'utf8');
    for (const off of [
      'enableNodeOptionsEnvironmentVariable',
      'enableNodeCliInspectArguments',
      'grantFileProtocolExtraPrivileges',
    ]) {
      expect(fuses).toMatch(new RegExp(`^  ${off}: false$`, 'm'));
    }
    for (const on of [
      'runAsNode',
      'enableEmbeddedAsarIntegrityValidation',
      'onlyLoadAppFromAsar',
      'enableCookieEncryption',
    ]) {
      expect(fuses).toMatch(new RegExp(`^  ${on}: true$`, 'm'));
    }
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .filter((name) => readFileSync(join(root, 'src', name), 'utf8').includes('ELECTRON_RUN_AS_NODE'));
    expect(sources.map((name) => name.replaceAll('\\', '/')).toSorted()).toEqual([
      'main/engine/farm/this-program.ts',
      'main/engine/plugins/process/child.ts',
    ]);
  });
});
