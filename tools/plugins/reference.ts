/** The reference of the plugin API in Markdown, from the types that authors have and what stands beside them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const REFERENCE_FILE = 'docs/plugin-api.md';
const TYPES_FILE = 'packages/plugin-api/index.d.ts';

/** @param root of the project */
export function referenceText(root: string): string {
  const text = readFileSync(join(root, TYPES_FILE), 'utf8');
  const [head = '', ...chapters] = text.split(/^\/\/ -{10,} /m);
  const about = /^\/\*\*([\s\S]*?)\*\//.exec(head)?.[1] ?? '';
  const lines = [
    '# Plugin API',
    '',
    `${words(about)} This page is made from \`${TYPES_FILE}\` by \`npm run plugin-api\`.`,
    '',
    ...chapters.flatMap(chapterLines),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function chapterLines(chapter: string): string[] {
  const [title = '', ...declarations] = chapter.trim().split(/\n{2,}/);
  const name = `${title.charAt(0).toUpperCase()}${title.slice(1)}`;
  return [`## ${name}`, '', ...declarations.flatMap(declarationLines)];
}

/** A declaration with the comment before it; comments inside stay where they are. */
function declarationLines(declaration: string): string[] {
  const [, comment = '', code = ''] = /^(?:\/\*\*([\s\S]*?)\*\/\n)?(export [\s\S]*)$/.exec(declaration) ?? [];
  const name = /^export (?:interface|type) (\w+)/.exec(code)?.[1];
  if (name === undefined)
    throw new Error(`${TYPES_FILE} has something that is no declaration: ${declaration}`);
  const told = words(comment);
  return [
    ...[`### ${name}`, '', ...(told === '' ? [] : [told, ''])],
    ...['```ts', code.replaceAll(/^export |\breadonly /gm, ''), '```', ''],
  ];
}

function words(comment: string): string {
  return comment
    .replace(/^\s*\* ?/gm, '')
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .replace(/\s+/g, ' ')
    .trim();
}
