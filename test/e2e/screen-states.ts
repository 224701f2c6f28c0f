/** States of the window as pictures: each at 1280 × 720 and on a 4K screen (1920 × 1080 points at 200 %). */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, type RunningApp } from './running-app.ts';

const SIZES = [
  { name: '720p', width: 1280, height: 720, deviceScaleFactor: 1 },
  { name: '4k', width: 1920, height: 1080, deviceScaleFactor: 2 },
];
const out = join(ROOT, 'test-results', 'screens');
const failed: string[] = [];
let number = 0;

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

/** Reaches a state and takes its pictures; what goes wrong does not keep the other states from being seen. */
export async function state(app: RunningApp, name: string, reach: () => Promise<unknown>): Promise<void> {
  try {
    await reach();
  } catch (error) {
    failed.push(`${name}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
  }
  await shoot(app, name);
}

async function shoot(app: RunningApp, name: string): Promise<void> {
  number += 1;
  const label = `${String(number).padStart(2, '0')} ${name}`;
  const session = await app.page.context().newCDPSession(app.page);
  for (const { name: size, ...metrics } of SIZES) {
    await session.send('Emulation.setDeviceMetricsOverride', { ...metrics, mobile: false });
    await app.page.waitForTimeout(350);
    const { data } = await session.send('Page.captureScreenshot', { format: 'png' });
    writeFileSync(join(out, `${label} ${size}.png`), Buffer.from(data, 'base64'));
  }
  await session.detach();
}

/** Says how many there are; the command fails where one could not be reached. */
export function tellStates(): void {
  console.log(`${number} states in ${out}`);
  if (failed.length === 0) return;
  console.error(`not reached:\n${failed.map((one) => `  ${one}`).join('\n')}`);
  process.exitCode = 1;
}
