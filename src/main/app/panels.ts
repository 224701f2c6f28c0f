/**
 * retake-panel://<host>/ holds the files of one plugin's panels and nothing else. What comes from there runs in a frame
 * without an origin: no storage, no network, no other page, no permission.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Session } from 'electron';
import type { PluginEntry } from '../../common/contract/plugins.ts';
import { panelHost } from '../panel-host.ts';
import { PANEL_SCHEME } from './panel-frames.ts';
import { fileBelow, refused, typeOfFile } from './serve-file.ts';

/** Of one file; a panel is a page, not a film. */
const LARGEST = 16 * 2 ** 20;

/** Chromium has no word for all of them. */
const FEATURES = [
  ...[
    'accelerometer',

    'autoplay',

    'browsing-topics',
  ],
  ...[
    'camera',
    'clipboard-read',
    'clipboard-write',
    'compute-pressure',
    'cross-origin-isolated',
    'display-capture',
  ],
  ...['encrypted-media', 'fullscreen', 'gamepad', 'geolocation', 'gyroscope', 'hid'],
  ...[
    'identity-credentials-get',
    'idle-detection',
    'keyboard-map',
    'local-fonts',
    'magnetometer',
    'microphone',
    'midi',
  ],
  ...['otp-credentials', 'payment', 'picture-in-picture', 'publickey-credentials-create'],
  ...[
    'publickey-credentials-get',
    'screen-wake-lock',
    'serial',
    'speaker-selection',
    'storage-access',
    'sync-xhr',
  ],
  ...['unload', 'usb', 'window-management', 'xr-spatial-tracking'],
];

/** @param page origins that may show it: the window's page, by its scheme or, where a development server serves it, by its origin */
function panelHeaders(host: string, page: string): Readonly<Record<string, string>> {
  const own = `${PANEL_SCHEME}://${host}`;
  return {
    'content-security-policy': [
      `default-src 'none'`,
      `script-src ${own}`,
      `style-src ${own} 'unsafe-inline'`,
      `img-src ${own} data: blob:`,
      `font-src ${own}`,
      `connect-src 'none'`,
      `worker-src 'none'`,
      `form-action 'none'`,
      `base-uri 'none'`,
      `frame-ancestors ${page}`,
      // As the frame says; whatever else shows a page of it gives it no more.
      'sandbox allow-scripts',
    ].join('; '),
    'permissions-policy': FEATURES.map((feature) => `${feature}=()`).join(', '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-dns-prefetch-control': 'off',
    // A frame without an origin is no site of its own, so that `same-origin` would refuse it its own files.
    'cross-origin-resource-policy': 'cross-origin',
    'cache-control': 'no-store',
  };
}

export interface ServedPanels {
  /** The engine's list. */
  readonly plugins: () => Promise<readonly PluginEntry[]>;
  readonly devOrigin: string | null;
}

export function servePanels(session: Session, { plugins, devOrigin }: ServedPanels): void {
  const page = devOrigin ?? 'retake:';
  session.protocol.handle(PANEL_SCHEME, async (request) => {
    const { host, pathname } = new URL(request.url);
    const plugin = (await plugins().catch(() => [])).find((one) => one.manifest && panelHost(one) === host);
    if (request.method !== 'GET') return refused(405);
    const bytes = plugin ? await fileOf(plugin, pathname.slice(1)) : null;
    if (bytes === null) return refused(404, panelHeaders(host, page));
    return new Response(bytes, {
      headers: {
        ...panelHeaders(host, page),
        'content-type': typeOf(pathname),
        'content-length': String(bytes.byteLength),
      },
    });
  });
}

/** Null for what its manifest does not list, and for what is no more as it was listed. */
async function fileOf(
  { path: folder, manifest, developer }: PluginEntry,
  address: string,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (!manifest?.contributes.panels?.length) return null;
  const file = await fileBelow(folder, address);
  if (file === null || (await stat(file)).size > LARGEST) return null;
  const bytes = new Uint8Array(await readFile(file));
  // Whoever makes it changes it as they like.
  if (developer) return bytes;
  const listed = manifest.files?.[decodeURIComponent(address)];
  const digest = `sha256-${createHash('sha256').update(bytes).digest('base64')}`;
  return listed === digest ? bytes : null;
}

/** Texts are UTF-8, whatever they say of themselves. */
function typeOf(pathname: string): string {
  const type = typeOfFile(pathname);
  return /^text\/|javascript|json|svg/.test(type) ? `${type}; charset=utf-8` : type;
}
