/** What of a panel's files its window would refuse: told to the author, who else sees only that nothing happens. */
import { posix } from 'node:path';

/** A file of the plugin, as text. */
export interface PanelFile {
  readonly path: string;
  readonly text: string;
}

const TAG = /<([a-z][^\s/>]*)((?:"[^"]*"|'[^']*'|[^'">])*)>/gi;
const ATTRIBUTE = /([^\s=/"'>]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g;
const REMOTE = /^(?:[a-z][a-z0-9+.-]*:)?\/\/|^https?:/i;
const SCRIPTED = /\.[cm]?js$/;

/** Attributes by whose values a page fetches or goes elsewhere. */
const ADDRESSES: ReadonlySet<string> = new Set([
  'src',
  'href',
  'action',
  'formaction',
  'poster',
  'data',
  'srcset',
]);
/** Elements that a panel's page may not have, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  base: 'addresses are taken from the page itself',
  embed: 'nothing is embedded in a panel',
  frame: 'nothing is embedded in a panel',
  iframe: 'nothing is embedded in a panel',
  object: 'nothing is embedded in a panel',
};
/** What is not there for a panel, by how it is written in its scripts. */
const NO_ORIGIN = 'a panel has no origin, so that this is refused it';
const NO_MODULES = 'modules do not load in a panel; give classic files (<script src="…" defer>)';
const CLOSED: readonly (readonly [RegExp, string])[] = [
  [/\b(?:fetch\s*\(|XMLHttpRequest\b|WebSocket\b|EventSource\b|sendBeacon\b)/, 'a panel has no network'],
  [/\b(?:localStorage|sessionStorage|indexedDB)\b|document\.cookie/, 'a panel has no storage'],
  [/\beval\s*\(|\bnew\s+Function\s*\(/, 'text is not run as code'],
  [/\b(?:window\.)?(?:top|parent)\.(?:document|location)\b/, 'the window around it is out of reach'],
  [
    /^\s*(?:import\s*(?:[\w*{]|["'])|export\s+(?:default|const|let|function|class|async|[{*]))|\bimport\s*\(/m,
    NO_MODULES,
  ],
  [/\b(?:Shared)?Worker\s*\(|serviceWorker\b/, 'a panel has no workers'],
];

/**
 * @param has whether a file is part of the plugin
 * @returns a line each, by file
 */
export function panelFaults({ path, text }: PanelFile, has: (path: string) => boolean): string[] {
  const faults = new Set<string>();
  if (/\.html?$/.test(path)) for (const fault of pageFaults(path, text, has)) faults.add(fault);
  if (path.endsWith('.css')) for (const fault of styleFaults(text)) faults.add(fault);
  if (SCRIPTED.test(path)) {
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');
    for (const [pattern, why] of CLOSED) {
      const found = pattern.exec(code);
      if (found) faults.add(`${found[0].replace(/\s*\($/, '').trim()}: ${why}`);
    }
  }
  return [...faults].map((fault) => `${path}: ${fault}`);
}

function* pageFaults(path: string, text: string, has: (path: string) => boolean): Generator<string> {
  const page = text.replace(/<!--[\s\S]*?-->/g, '');
  for (const [, tag = '', rest = ''] of page.matchAll(TAG)) {
    const name = tag.toLowerCase();
    const attributes = [...rest.matchAll(ATTRIBUTE)].map(
      ([, key, ...values]) =>
        [key!.toLowerCase(), values.find((value) => value !== undefined) ?? ''] as const,
    );
    if (REFUSED[name]) yield `<${name}>: ${REFUSED[name]}`;
    if (
      name === 'script' &&
      attributes.some(([key, value]) => key === 'type' && /^module$/i.test(value.trim()))
    )
      yield `<script type="module">: ${NO_MODULES}`;
    if (/\scrossorigin\b/i.test(rest)) yield `crossorigin: ${NO_ORIGIN}`;
    if (name === 'script' && !attributes.some(([key]) => key === 'src'))
      yield 'a script stands in the page: give it a file of its own';
    if (name === 'meta' && attributes.some(([key, value]) => key === 'http-equiv' && /refresh/i.test(value)))
      yield '<meta http-equiv="refresh">: a panel stays where it is';
    for (const [key, value] of attributes) {
      if (/^on[a-z]+$/.test(key)) yield `${key}="…" is a script in the page: add the listener in a file`;
      if (!ADDRESSES.has(key)) continue;
      if (/^javascript:/i.test(value.trim())) yield `${key}="javascript:…" is a script in the page`;
      else if (REMOTE.test(value.trim())) yield `${value}: a panel has no network`;
      else if (!/^(?:data:|blob:|#|$)/i.test(value) && key !== 'srcset') {
        const file = localFile(path, value);
        if (!has(file)) yield `${value} is not a file of the plugin`;
      }
    }
  }
  for (const [, style = ''] of page.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/gi)) yield* styleFaults(style);
}

function* styleFaults(text: string): Generator<string> {
  const style = text.replace(/\/\*[\s\S]*?\*\//g, '');
  if (/@font-face\b/i.test(style)) yield `@font-face: ${NO_ORIGIN}; name a font of the system`;
  for (const [, address = ''] of style.matchAll(/(?:url\(|@import)\s*["']?([^"')\s;]+)/gi))
    if (REMOTE.test(address)) yield `${address}: a panel has no network`;
}

/** The file that an address of a page names, from the plugin's folder. */
function localFile(page: string, address: string): string {
  const plain = address.replace(/[?#].*$/, '');
  const at = plain.startsWith('/') ? plain.slice(1) : posix.join(posix.dirname(page), plain);
  return posix.normalize(decodeURI(at));
}
