/**
 * npm run licences: one text with the licence of everything an installer contains, be it a package of its own or part of a
 * bundle, from the lock file and the packages' own files. Fails when a package says nothing about its licence.
 */
import { globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { LIST } from './bundled-packages.ts';

const root = resolve(import.meta.dirname, '..');
const out = join(root, 'resources', 'licences');
/** Development tools by npm's book, yet part of what is installed. */
const SHIPPED_TOOLS = ['node_modules/electron'];

const lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      license: z.string().optional(),
      dev: z.boolean().optional(),
      link: z.boolean().optional(),
    }),
  ),
});

interface Shipped {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly texts: readonly string[];
}

function textsOf(folder: string): string[] {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((one) => one.isFile() && /^(licen[cs]e|copying|notice|thirdpartynotices)/i.test(one.name))
    .map((one) => one.name);
  return names.map((name) => readFileSync(join(folder, name), 'utf8').trim());
}

/** Wanted to build only, by npm's book, and shipped as part of what is built. */
function bundled(): Set<string> {
  const lists = globSync(`out/*/${LIST}`, { cwd: root });
  if (lists.length === 0) throw new Error('nothing is built yet: npm run build');
  return new Set(
    lists.flatMap((file) => z.array(z.string()).parse(JSON.parse(readFileSync(join(root, file), 'utf8')))),
  );
}

function shipped(): Shipped[] {
  const inside = new Set([...SHIPPED_TOOLS, ...bundled()]);
  const { packages } = lock.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  return Object.entries(packages).flatMap(([path, { version = '', license, dev, link }]) => {
    if (path === '' || link || (dev && !inside.has(path))) return [];
    const name = path.replace(/^.*node_modules\//, '');
    try {
      return [{ name, version, licence: license ?? '', texts: textsOf(join(root, path)) }];
    } catch {
      // Made for another platform, so not installed and not shipped either.
      return [];
    }
  });
}

/** Of what is no package. */
const resources: readonly Shipped[] = [
  {
    name: "CLIP's tokenizer",
    version: '',
    licence: 'MIT',
    texts: textsOf(join(root, 'resources', 'clip-tokenizer')),
  },
];
const all = [...shipped(), ...resources];
const silent = all.filter(({ licence, texts }) => licence === '' && texts.length === 0);
if (silent.length > 0) {
  throw new Error(`no licence is stated by ${silent.map(({ name }) => name).join(', ')}`);
}
const rule = `\n\n${'-'.repeat(80)}\n\n`;
const parts = all.map(
  ({ name, version, licence, texts }) =>
    `${name} ${version}\n${licence}${texts.length > 0 ? `\n\n${texts.join('\n\n')}` : ''}`,
);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'THIRD-PARTY.txt'), `${parts.join(rule)}\n`);
writeFileSync(join(out, 'LICENSE.txt'), readFileSync(join(root, 'LICENSE')));
console.log(`${all.length} licences in ${out}`);
