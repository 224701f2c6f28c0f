// npx would install a private package with a "bin" of its own into its cache, and fail; a plain link in .bin it just runs.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../node_modules/.bin/', import.meta.url));
mkdirSync(folder, { recursive: true });
rmSync(`${folder}retake`, { force: true });
if (process.platform === 'win32') {
  writeFileSync(`${folder}retake.cmd`, '@node "%~dp0..\\..\\bin\\retake.js" %*\r\n');
} else {
  symlinkSync('../../bin/retake.js', `${folder}retake`);
}
