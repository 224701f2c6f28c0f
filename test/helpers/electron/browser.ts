/** One Chromium for the application, with a port for the test to drive it by. */
import { type BrowserContext, chromium } from 'playwright';
import { chromiumPath } from '../chromium.ts';
import { proxy } from './small.ts';

let context: Promise<BrowserContext> | null = null;

/**
 * What the application asked of session and page before the first window is loaded is asked of the browser as a whole.
 * @param profile folder of the browser's own files
 */
export function browser(profile: string, webRtcPolicy: string | null): Promise<BrowserContext> {
  context ??= open(profile, webRtcPolicy);
  return context;
}

async function open(profile: string, webRtcPolicy: string | null): Promise<BrowserContext> {
  const debugPort = process.env.ELECTRON_DOUBLE_CDP ?? '0';
  const executablePath = await chromiumPath();
  return chromium.launchPersistentContext(profile, {
    ...(executablePath && { executablePath }),
    headless: true,
    viewport: { width: 1280, height: 720 },
    args: [
      '--no-sandbox',
      `--remote-debugging-port=${debugPort}`,
      '--autoplay-policy=no-user-gesture-required',
      ...(webRtcPolicy ? [`--webrtc-ip-handling-policy=${webRtcPolicy}`] : []),
      // The page's own scheme is a server on the loopback here.
      ...(proxy.rules
        ? [`--proxy-server=${proxy.rules}`, `--proxy-bypass-list=${proxy.bypass};*.localhost`]
        : []),
    ],
  });
}

export async function closeBrowser(): Promise<void> {
  await (await context)?.close();
}
