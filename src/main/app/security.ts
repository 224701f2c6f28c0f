/** What the page may never do: load or open anything from outside, be granted a permission, speak for another frame. */
import type { IpcMainEvent, IpcMainInvokeEvent, Session, WebContents } from 'electron';

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

/** The page stays the page: no navigation, no further window, no embedded page. */
export function denyNavigation(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => {
    if (!event.isMainFrame) event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

/** Only the top frame of our own page is listened to. */
export function isOwnPage(event: IpcMainEvent | IpcMainInvokeEvent, pageRoot: string): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame.parent === null && frame.url.startsWith(pageRoot);
}
