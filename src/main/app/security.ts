/** What the page may never do: load or open anything from outside, be granted a permission, speak for another frame. */
import type { IpcMainEvent, IpcMainInvokeEvent, Session, WebContents } from 'electron';
import { isFirstOfPanel, PANEL_SCHEME } from './panel-frames.ts';

/** Content Security Policy of the page; the development server needs inline scripts and its socket. */
export function contentSecurityPolicy(devOrigin: string | null): string {
  const own = devOrigin ? `'self' retake:` : `'self'`;
  return [
    `default-src 'none'`,
    devOrigin ? `script-src 'self' 'unsafe-inline'` : `script-src 'self'`,
    // Components set styles of elements and insert small style sheets.
    `style-src 'self' 'unsafe-inline'`,
    `img-src ${own} data: blob:`,
    `media-src ${own} blob:`,
    `font-src 'self'`,
    `worker-src 'self' blob:`,
    `frame-src ${PANEL_SCHEME}:`,
    `connect-src ${own}${devOrigin ? ` ${devOrigin.replace(/^http/, 'ws')}` : ''}`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
    `object-src 'none'`,
  ].join('; ');
}

export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
}

/**
 * No byte to the network, whatever the page tries. The policy above does not hold peer connections, and Chromium does
 * not know its directive for them: without UDP of their own they go where the session's proxy leads, which is nowhere.
 */
export async function denyNetwork(session: Session, devOrigin: string | null): Promise<void> {
  await session.setProxy({
    mode: 'fixed_servers',
    // The discard port; browsers refuse to be served from it, and no proxy is.
    proxyRules: 'http://127.0.0.1:9',
    proxyBypassRules: ['<-loopback>', ...(devOrigin ? [new URL(devOrigin).host] : [])].join(';'),
  });
}

export function denyPeerConnections(contents: WebContents): void {
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}

/** Nothing is ever written to disk because a page asks for it. */
export function denyDownloads(session: Session): void {
  session.on('will-download', (event) => event.preventDefault());
}

/** The page stays the page: no navigation, no further window, no embedded page but the first of each panel. */
export function denyNavigation(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => {
    if (!event.isMainFrame && !isFirstOfPanel(event)) event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

/** Only the top frame of our own page is listened to. @param page any address of it */
export function isOwnPage(event: IpcMainEvent | IpcMainInvokeEvent, page: string): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame.parent === null && sameOrigin(frame.url, page);
}

/** By scheme, host and port, as a whole: an address may begin like ours and lead elsewhere. */
function sameOrigin(one: string, other: string): boolean {
  if (!URL.canParse(one) || !URL.canParse(other)) return false;
  const [a, b] = [new URL(one), new URL(other)];
  // `origin` is "null" for schemes that only Chromium knows as standard ones.
  return a.protocol === b.protocol && a.host === b.host && a.host !== '';
}

/** The server of `npm run dev`. An installed application shows its own page, whatever its environment says. */
export function developmentServer(
  isPackaged: boolean,
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  return isPackaged ? null : (env.ELECTRON_RENDERER_URL ?? null);
}
