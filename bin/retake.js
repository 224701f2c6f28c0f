#!/usr/bin/env node
// The native modules want Node 22 or later; on an older one the Node that npm installed beside them takes over.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../out/main/cli.js', import.meta.url));
const bundledNode = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));

if (!existsSync(cli)) {
  console.error('retake: not built yet. Run "npm run build" in its folder first.');
  process.exit(1);
} else if (Number(process.versions.node.split('.')[0]) >= 22) {
  await import(cli);
} else if (existsSync(bundledNode)) {
  const child = spawn(bundledNode, [cli, ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches the child from the terminal itself; this process only has to outlive it.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
} else {
  console.error(
    `retake: needs Node 22 or later, this is ${process.version}. Run "npm ci" in its folder, or get a later Node.`,
  );
  process.exit(1);
}
