/** One Chromium for the application, with a port for the test to drive it by. */
import { existsSync } from 'node:fs';
import { type BrowserContext, chromium } from 'playwright';

const DEBIAN = '/usr/bin/chromium';

let context: Promise<BrowserContext> | null = null;

/** @param profile folder of the browser's own files */
export function browser(profile: string): Promise<BrowserContext> {
  const debugPort = process.env.ELECTRON_DOUBLE_CDP ?? '0';
  const executablePath = process.env.RETAKE_CHROMIUM ?? (existsSync(DEBIAN) ? DEBIAN : null);
  context ??= chromium.launchPersistentContext(profile, {
    ...(executablePath && { executablePath }),
    headless: true,
    viewport: { width: 1280, height: 720 },
    args: [
      '--no-sandbox',
      `--remote-debugging-port=${debugPort}`,
      '--autoplay-policy=no-user-gesture-required',
    ],
  });
  return context;
}

export async function closeBrowser(): Promise<void> {
  await (await context)?.close();
}
