/**
 * Every version of Final Cut Pro's XML by Apple's own grammar. The grammars are Apple's and are not part of Retake: name a folder
 * that has them (Final_Cut_Pro_XML_DTD_version_1.13.dtd or FCPXMLv1_13.dtd) as RETAKE_FCPXML_DTDS. Skipped without it, or without xmllint.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeFcpxml } from '../../src/common/interchange/fcpxml/write.ts';
import { FCPXML_VERSIONS } from '../../src/common/interchange/formats.ts';
import { resolveTimeline } from '../../src/common/interchange/resolve-script.ts';
import { cuts } from '../helpers/cuts.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const folder = process.env.RETAKE_FCPXML_DTDS ?? '';
const grammarOf = (version: string) =>
  [`Final_Cut_Pro_XML_DTD_version_${version}.dtd`, `FCPXMLv${version.replace('.', '_')}.dtd`]
    .map((name) => join(folder, name))
    .find((path) => folder !== '' && existsSync(path));

const lint = (...args: string[]) => execFileSync('xmllint', ['--noout', ...args], { stdio: 'pipe' });
const isThere = (() => {
  try {
    lint('--version');
    return true;
  } catch {
    return false;
  }
})();

describe.each(FCPXML_VERSIONS)('FCPXML %s', (version) => {
  const grammar = isThere ? grammarOf(version) : undefined;

  it.skipIf(!grammar)('is as its grammar wants it, with all pictures, markers and notes', () => {
    const dir = tempFolder();
    // xmllint reads no grammar from a path with spaces.
    const own = join(dir, 'grammar.dtd');
    copyFileSync(grammar!, own);
    const files = fc.sample(cuts(), { numRuns: 12, seed: 7 }).flatMap((cut, i) =>
      [
        writeFcpxml(cut, 'auditions', version),
        writeFcpxml(cut, 'lanes', version),
        ...(version === '1.10' ? [resolveTimeline(cut)] : []),
      ].map(({ text }, j) => {
        const path = join(dir, `${i}-${j}.fcpxml`);
        writeFileSync(path, text);
        return path;
      }),
    );
    expect(() => lint('--dtdvalid', own, ...files)).not.toThrow();
    writeFileSync(join(dir, 'wrong.fcpxml'), `<fcpxml version="${version}"><spine/></fcpxml>`);
    expect(() => lint('--dtdvalid', own, join(dir, 'wrong.fcpxml'))).toThrow();
  });
});
