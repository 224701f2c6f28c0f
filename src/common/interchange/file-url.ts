/** Paths as file URLs, as timelines name their media; of any system, whichever this one is. */

/** "/a b/c#1.mov" is "file:///a%20b/c%231.mov", "C:\a.mov" is "file:///C:/a.mov", "\\server\share\a.mov" is "file://server/share/a.mov". */
export function toFileUrl(path: string): string {
  const windows = /^[A-Za-z]:[\\/]|^\\\\/.test(path);
  const plain = windows ? path.replaceAll('\\', '/') : path;
  const encoded = plain.split('/').map(encodePart).join('/');
  if (plain.startsWith('//')) return `file:${encoded}`;
  return `file://${plain.startsWith('/') ? '' : '/'}${encoded}`;
}

/** A drive keeps its colon. */
const encodePart = (part: string) => (/^[A-Za-z]:$/.test(part) ? part : encodeURIComponent(part));

/** The path of a file URL, or the text itself where it is a path already; null for an address that is no file. */
export function fromFileUrl(url: string): string | null {
  const found = /^file:(?:\/\/([^/]*))?(\/?.*)$/i.exec(url);
  if (!found) return /^[a-z][a-z0-9+.-]+:\/\//i.test(url) ? null : decoded(url);
  const [, host = '', rest = ''] = found;
  const path = decoded(rest);
  if (/^\/+[A-Za-z]:/.test(path)) return path.replace(/^\/+/, '').replaceAll('/', '\\');
  if (host !== '' && host.toLowerCase() !== 'localhost') return `\\\\${host}${path.replaceAll('/', '\\')}`;
  return path.replace(/^\/{2,}/, '/');
}

/** Names with a bare % are taken as they stand. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The last part of a path of any system. */
export function fileNameOf(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
