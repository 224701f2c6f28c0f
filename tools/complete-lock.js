// A registry that does not hold the builds of every platform makes npm leave them out of the lock, and npm ci then refuses
// it everywhere. This puts them back; npm checks them where they are installed. Run after every change of dependencies.
import { readFileSync, writeFileSync } from 'node:fs';

const PLATFORM =
  /(android|darwin|linux|win32|freebsd|openbsd|netbsd|sunos|aix)-(arm64|x64|armv7|arm|ia32|ppc64|s390x|riscv64|loong64)(?:-(musl|gnu|msvc))?/;

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const known = { ...lock.packages };
for (const [parent, entry] of Object.entries(known)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const [, os, cpu, libc] = PLATFORM.exec(name) ?? [];
    const present = `node_modules/${name}` in known || `${parent}/node_modules/${name}` in known;
    if (present || !os) continue;
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu: [cpu === 'armv7' ? 'arm' : cpu],
      ...(entry.dev && { dev: true }),
      ...(libc === 'musl' && { libc: ['musl'] }),
      optional: true,
      os: [os],
    };
    console.log(`added ${name} ${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
