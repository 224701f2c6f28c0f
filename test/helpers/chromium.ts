/** The browser that pages are driven in. */
import { existsSync } from 'node:fs';

/** `RETAKE_CHROMIUM`, Debian's package, or the one that Playwright was told to install; null where there is none. */
export async function chromiumPath(): Promise<string | null> {
  const path = process.env.RETAKE_CHROMIUM ?? '/usr/bin/chromium';
  if (existsSync(path)) return path;
  const { chromium } = await import('playwright');
  return existsSync(chromium.executablePath()) ? chromium.executablePath() : null;
}
