/** Standard output and error of a terminal program: both may be closed or full at any moment. */

const EXIT_FAILED = 1;

/** Nobody hears what is said on the way any more: the work goes on. A result that cannot be handed over is a failure. */
export function keepTalking(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of a pipe has seen enough: `retake jobs | head -1`.
    if (error.code === 'EPIPE') process.exit();
    const why = error.code === 'ENOSPC' ? 'the disk is full' : error.message;
    process.stderr.write(`retake: the result could not be printed: ${why}. The work itself is done.\n`);
    // Whatever the command makes of it afterwards.
    process.on('exit', () => {
      process.exitCode ||= EXIT_FAILED;
    });
  });
}
