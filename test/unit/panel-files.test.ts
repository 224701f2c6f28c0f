/** A panel is served what its manifest lists, as it was listed, under its own host, and told what it may not. */
import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PluginEntry } from '../../src/common/contract/plugins.ts';
import { isFirstOfPanel } from '../../src/main/app/panel-frames.ts';
import { servePanels } from '../../src/main/app/panels.ts';
import { panelHost } from '../../src/main/panel-host.ts';
import { tempFolder } from '../helpers/clips.ts';

function served(developer: boolean) {
  const folder = tempFolder();
  mkdirSync(folder.at('panel'));
  const write = (name: string, text: string) => {
    writeFileSync(folder.at(name), text);
    return `sha256-${createHash('sha256').update(text).digest('base64')}`;
  };
  const files = {
    'panel/index.html': write('panel/index.html', '<p>'),
    'panel/a.js': write('panel/a.js', '1'),
  };
  write('panel/more.js', '2');
  const plugin = {
    ...{ id: 'org.example.a', version: '1.0.0', path: folder.path, developer },
    manifest: { files, contributes: { panels: [{ id: 'a' }] } },
  } as unknown as PluginEntry;
  let answer: (request: Request) => Promise<Response> = async () => new Response();
  const session = {
    protocol: {
      handle: (_: string, handler: typeof answer) => {
        answer = handler;
      },
    },
  };
  servePanels(session as never, { plugins: async () => [plugin], devOrigin: null });
  const ask = (path: string, host = panelHost(plugin), method = 'GET') =>
    answer(new Request(`retake-panel://${host}/${path}`, { method }));
  return { folder, ask, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

describe('files of a panel', () => {
  it('come with bounds that hold whatever frame they are in', async () => {
    using panel = served(false);
    const answer = await panel.ask('panel/index.html');
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('<p>');
    const header = (name: string) => answer.headers.get(name) ?? '';
    expect(header('content-type')).toBe('text/html; charset=utf-8');
    const policy = header('content-security-policy');
    for (const part of [
      ...[
        "default-src 'none'",
        "connect-src 'none'",
        "form-action 'none'",
        "base-uri 'none'",
        "worker-src 'none'",
      ],
      ...['frame-ancestors retake:', 'sandbox allow-scripts'],
    ])
      expect(policy.split('; ')).toContain(part);
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|allow-same-origin|script-src[^;]*unsafe-inline/);
    expect(header('x-content-type-options')).toBe('nosniff');
    expect(header('referrer-policy')).toBe('no-referrer');
    expect(header('permissions-policy')).toMatch(/camera=\(\).*microphone=\(\)/);
  });

  it('are those that the manifest lists, as it lists them', async () => {
    using panel = served(false);
    expect((await panel.ask('panel/a.js')).status).toBe(200);
    expect((await panel.ask('panel/more.js')).status).toBe(404);
    writeFileSync(panel.folder.at('panel/a.js'), 'changed');
    expect((await panel.ask('panel/a.js')).status).toBe(404);
  });

  it('are as they lie in a folder that is being worked in, and nowhere else', async () => {
    using panel = served(true);
    expect(await (await panel.ask('panel/more.js')).text()).toBe('2');
    symlinkSync('/etc/hostname', panel.folder.at('panel/link.js'));
    for (const path of [
      'panel/link.js',
      'panel/..%2f..%2fx',
      '%2fetc%2fhostname',
      '',
      'panel',
      'panel/absent.js',
    ])
      expect((await panel.ask(path)).status).toBe(404);
  });

  it('are given to nobody else, and only given', async () => {
    using panel = served(true);
    expect((await panel.ask('panel/a.js', '0'.repeat(32))).status).toBe(404);
    expect((await panel.ask('panel/a.js', undefined, 'POST')).status).toBe(405);
  });

  it('have another host with every version', () => {
    const hosts = [
      panelHost({ id: 'org.example.a', version: '1.0.0' }),
      panelHost({ id: 'org.example.a', version: '1.0.1' }),
      panelHost({ id: 'org.example.b', version: '1.0.0' }),
    ];
    expect(new Set(hosts).size).toBe(3);
    for (const host of hosts) expect(host).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('a frame', () => {
  const page = { url: 'retake://app/', parent: null };
  const url = `retake-panel://${'ab'.repeat(16)}/panel/index.html`;
  const goes = (more: object) =>
    isFirstOfPanel({ url, isMainFrame: false, frame: { url: '', parent: page }, ...more });

  it('of the page may load its first panel', () => {
    expect(goes({})).toBe(true);
    expect(goes({ frame: { url: 'about:blank', parent: page } })).toBe(true);
  });

  it.each<[string, object]>([
    ['that shows one already', { frame: { url, parent: page } }],
    ['inside a panel', { frame: { url: '', parent: { url, parent: page } } }],
    ['that is the window', { isMainFrame: true, frame: page }],
    ['that has gone', { frame: null }],
    ['that goes to the page', { url: 'retake://app/' }],
    ['that goes to the network', { url: 'https://example.org/' }],
    ['that goes to data', { url: 'data:text/html,x' }],
    ['that goes to what looks like one', { url: 'retake-panel://evil/' }],
  ])('goes nowhere: one %s', (_, more) => expect(goes(more)).toBe(false));
});
