/** Asks the programs of Slurm that stand on the PATH. */
import { execFile } from 'node:child_process';
import { AppError, Cancelled } from '../../../../common/errors.ts';
import { childEnvironment } from '../../../child-environment.ts';

/** A controller that is busy or restarts answers late, in milliseconds. */
const PATIENCE_MS = 120_000;
/** A job of ten thousand tasks, a line each. */
const MOST_BYTES = 32 << 20;

export interface Said {
  /** 0 where it did what it was asked. */
  readonly code: number;
  readonly stdout: string;
  /** What it complains of, in one line. */
  readonly complaint: string;
}

/**
 * Runs it to its end; judges no exit code.
 * @param input its stdin
 * @throws AppError usage where there is no such program or it does not answer, Cancelled
 */
export function slurm(
  program: 'sbatch' | 'squeue' | 'sacct' | 'scancel' | 'scontrol',
  args: readonly string[],
  signal: AbortSignal,
  input = '',
): Promise<Said> {
  const doing = `asking ${program}`;
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      { env: childEnvironment(), signal, timeout: PATIENCE_MS, maxBuffer: MOST_BYTES },
      (error, stdout, stderr) => {
        if (signal.aborted) return reject(new Cancelled());
        if (error?.code === 'ENOENT') {
          const hint = "Install Slurm's client programs here, or submit from a machine that has them.";
          return reject(new AppError('usage', `there is no ${program} on this machine`, { doing, hint }));
        }
        if (error?.killed) {
          const hint = 'Look with "sinfo" whether slurmctld is up, and try again.';
          return reject(new AppError('usage', 'Slurm does not answer', { doing, hint }));
        }
        const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
        resolve({ code, stdout, complaint: stderr.trim().replace(/\s*\n\s*/g, '; ') });
      },
    );
    // One that has ended before it read everything says so by its exit.
    child.stdin!.on('error', () => {});
    child.stdin!.end(input);
  });
}

/** @throws AppError usage with its words where it refuses */
export async function told(asked: Promise<Said>, doing: string): Promise<string> {
  const { code, stdout, complaint } = await asked;
  if (code === 0) return stdout;
  throw new AppError('usage', complaint.replace(/^\w+: (error: )?/, '') || `exit code ${code}`, {
    doing,
    hint: 'These are the words of Slurm; partition, gres and further options are settings of the farm.',
  });
}
