/** The most memory that this process held during some work. */
import { readFileSync, writeFileSync } from 'node:fs';

/** @returns asks for bytes; null where the system tells only of the whole life of the process, and it held more before */
export function watchPeak(): () => number | null {
  const peakOfLife = () => process.resourceUsage().maxRSS * 1024; // kilobytes on every platform Node runs on
  const reset = forgetPeak();
  const before = peakOfLife();
  return () => {
    if (reset) return peakSinceReset();
    const now = peakOfLife();
    return now > before ? now : null;
  };
}

/** Linux counts anew when asked to (proc(5), clear_refs); other systems do not. */
function forgetPeak(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    return peakSinceReset() !== null;
  } catch {
    return false; // A container may not let it.
  }
}

function peakSinceReset(): number | null {
  const found = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return found ? Number(found[1]) * 1024 : null;
}
