/** Cells as RFC 4180 has them. A mark at the beginning tells Excel that it is UTF-8. */
export function table(rows, separator) {
  const lines = rows.map((cells) => cells.map((value) => cell(value, separator)).join(separator));
  return `\uFEFF${lines.join('\r\n')}\r\n`;
}

function cell(value, separator) {
  const text = typeof value === 'number' ? String(value) : plain(value);
  return /["\r\n]|^\s|\s$/.test(text) || text.includes(separator) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What a table would take for a formula stays text: prompts come from anybody. */
function plain(text) {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
