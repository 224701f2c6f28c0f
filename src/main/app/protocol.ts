/**
 * retake://app/ is the page, retake://app/previews/ the engine's preview files. One origin for both, so that pictures
 * and video frames may be read back from a canvas.
 */
import { protocol, type Session } from 'electron';
import { PANEL_SCHEME } from './panel-frames.ts';
import { contentSecurityPolicy } from './security.ts';
import { refused, serveFile } from './serve-file.ts';

const SCHEME = 'retake';
const HOST = 'app';
export const PAGE_ROOT = `${SCHEME}://${HOST}/`;
const PREVIEWS = '/previews/';

/** Must be called before the app is ready. */
export function registerSchemes(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: SCHEME,
      privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, corsEnabled: true },
    },
    // A world for each plugin that reaches no other: its pages may ask for nothing by script.
    { scheme: PANEL_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: false } },
  ]);
}

export interface ServedFolders {
  readonly page: string;
  readonly previews: string;
  /** Origin of the development server that serves the page instead; null in the built application. */
  readonly devOrigin: string | null;
}

export function serveFolders(session: Session, { page, previews, devOrigin }: ServedFolders): void {
  const policy = { 'content-security-policy': contentSecurityPolicy(null) };
  const shared: Record<string, string> = devOrigin ? { 'access-control-allow-origin': devOrigin } : {};
  session.protocol.handle(SCHEME, (request) => {
    const { host, pathname } = new URL(request.url);
    if (host !== HOST) return refused(404);
    if (pathname.startsWith(PREVIEWS)) {
      // A clip that was replaced gets a preview of another name, so nothing here ever changes.
      return serveFile(previews, pathname.slice(PREVIEWS.length), request, { ...policy, ...shared });
    }
    const path = pathname === '/' ? 'index.html' : pathname.slice(1);
    return serveFile(page, path, request, { ...policy, 'cache-control': 'no-cache' });
  });
}
