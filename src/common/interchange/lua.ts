/** Plain data as a literal of Lua, of 5.1 and later. */

type LuaData = string | number | boolean | readonly LuaData[] | { readonly [key: string]: LuaData };

export function luaOf(data: LuaData, indent = ''): string {
  if (typeof data === 'string') return quoted(data);
  if (typeof data !== 'object') return `${data}`;
  const inner = `${indent}  `;
  const entries = Array.isArray(data)
    ? data.map((one: LuaData) => luaOf(one, inner))
    : Object.entries(data).map(([key, one]) => `${key} = ${luaOf(one as LuaData, inner)}`);
  return entries.length === 0 ? '{}' : `{\n${entries.map((one) => `${inner}${one},\n`).join('')}${indent}}`;
}

/** Nothing in it can end it. Characters above ASCII stand as they are, in UTF-8. */
function quoted(text: string): string {
  const safe = text.replace(/[\\"]/g, '\\$&').replace(/\p{Cc}/gu, (one) => {
    const code = one.charCodeAt(0);
    // Of the two bytes that UTF-8 has for controls above ASCII, both are data as they are.
    return code > 127 ? one : `\\${String(code).padStart(3, '0')}`;
  });
  return `"${safe}"`;
}
