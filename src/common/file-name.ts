/** Names for files that mean the same on every system. Pure. */

/** Windows hands these to a device, whatever their ending (Naming Files, Paths, and Namespaces). */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const FORBIDDEN = /[\x00-\x1f\\/:*?"<>|]/;

/** One part of a path, without separators, that is itself on every system: no device, no stream, nothing dropped at its end. */
export function isPortableName(name: string): boolean {
  return name !== '' && !FORBIDDEN.test(name) && !/[. ]$/.test(name) && !DEVICE.test(name);
}

/** The nearest name that is portable. */
export function portableName(name: string, otherwise: string): string {
  const plain = name
    .split('')
    .map((letter) => (FORBIDDEN.test(letter) ? '-' : letter))
    .join('')
    .replace(/[. ]+$/, '');
  if (plain === '') return otherwise;
  return DEVICE.test(plain) ? `_${plain}` : plain;
}
