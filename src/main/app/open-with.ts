/** Project files handed over from outside: command line, double click, a second start of the application. */
import { isAbsolute, resolve } from 'node:path';

/** The first project file among the arguments of a start, as an absolute path; null for none. */
export function projectArgument(args: readonly string[], cwd: string): string | null {
  const found = args.slice(1).find((one) => !one.startsWith('-') && /\.retake$/i.test(one));
  if (found === undefined) return null;
  return isAbsolute(found) ? found : resolve(cwd, found);
}
