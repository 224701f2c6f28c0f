/**
 * Where Retake keeps what it remembers between runs; desktop and command line share it. env-paths would look elsewhere on
 * Windows (…\Retake\Data), takes one name for all systems and follows a relative XDG path: what is there would be lost.
 */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** RETAKE_HOME, or the platform's place for application data (XDG base directory specification on Linux). */
export function dataDirectory(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (env.RETAKE_HOME) return resolve(env.RETAKE_HOME);
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Retake');
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'Retake');
  const xdg = env.XDG_DATA_HOME;
  // The specification tells programs to ignore a relative path.
  return join(xdg && isAbsolute(xdg) ? xdg : join(home, '.local', 'share'), 'retake');
}
