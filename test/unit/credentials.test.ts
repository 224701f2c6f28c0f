/** What a file says of how it was made. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type MadeFile, type MadeTake, sourceTypeOf } from '../../src/common/credentials/facts.ts';
import { manifestOf } from '../../src/common/credentials/manifest.ts';
import { xmpOf } from '../../src/common/credentials/xmp.ts';
import { childOf, everyElement, readXml, textIn } from '../../src/common/interchange/xml.ts';

const take: MadeTake = {
  ...{ id: 'take-1', name: 'Shot 1 1', made: '2026-03-04T05:06:07.000Z', retake: '0.1.0' },
  model: { name: 'painter', digests: { unet: 'aaa', vae: 'bbb' } },
  added: { 'ink.safetensors': 'ccc' },
  ...{ method: 'pix2video', ofClip: true },
  clip: { name: 'sea & <sky>.mov', fingerprint: { bytes: 12, digest: 'ddd' } },
  prompts: null,
};
const file: MadeFile = {
  ...{ name: 'Film_Shot 1.mov', format: 'video/quicktime', fingerprint: { bytes: 34, digest: 'eee' } },
  takes: [take],
};
const words = { source: 'a calm sea', target: 'a storm & "thunder" </rdf:li>', negative: 'boats' };
const telling: MadeFile = { ...file, takes: [{ ...take, prompts: words }] };
const TERM = 'http://cv.iptc.org/newscodes/digitalsourcetype/';

describe('XMP', () => {
  const root = (made: MadeFile) => readXml(xmpOf(made), 'reading', 'none');
  const description = (made: MadeFile) => childOf(root(made), 'rdf:RDF', 'rdf:Description')!;

  it('says what the IPTC and Adobe have properties for', () => {
    const one = description(file);
    expect(root(file).name).toBe('x:xmpmeta');
    expect(one.attributes['rdf:about']).toBe('');
    expect(textIn(one, 'Iptc4xmpExt:DigitalSourceType')).toBe(`${TERM}compositeWithTrainedAlgorithmicMedia`);
    expect(textIn(one, 'Iptc4xmpExt:AISystemUsed')).toBe('Retake, painter');
    expect(textIn(one, 'dc:title', 'rdf:Alt', 'rdf:li')).toBe('Film_Shot 1.mov');
    expect(textIn(one, 'xmpMM:DerivedFrom', 'stRef:filePath')).toBe('sea & <sky>.mov');
    const event = childOf(one, 'xmpMM:History', 'rdf:Seq', 'rdf:li');
    expect(textIn(event, 'stEvt:when')).toBe(take.made);
    expect(textIn(event, 'stEvt:parameters')).toContain(
      'unet sha256 aaa; vae sha256 bbb; ink.safetensors sha256 ccc',
    );
  });

  it('names no prefix that it does not declare', () => {
    const declared = new Set(['rdf', 'xml', 'xmlns', 'x']);
    for (const { attributes } of everyElement(root(telling)))
      for (const key of Object.keys(attributes)) if (key.startsWith('xmlns:')) declared.add(key.slice(6));
    for (const { name, attributes } of everyElement(root(telling)))
      for (const key of [name, ...Object.keys(attributes)]) expect(declared).toContain(key.split(':')[0]);
  });

  it('tells prompts only where they are given', () => {
    expect(textIn(description(file), 'Iptc4xmpExt:AIPromptInformation')).toBeUndefined();
    const told = textIn(description(telling), 'Iptc4xmpExt:AIPromptInformation');
    expect(told).toBe('Shows: a calm sea\nShall show: a storm & "thunder" </rdf:li>\nNot: boats');
  });
});

describe('the definition of a C2PA manifest', () => {
  const of = (made: MadeFile) => JSON.parse(JSON.stringify(manifestOf(made, '0.1.0')));
  const assertion = (made: MadeFile, label: string) =>
    of(made).assertions.find((one: { label: string }) => one.label === label)?.data;

  it('says that it is not signed, and is none of the names of a signed one', () => {
    expect(assertion(file, 'app.retake.notice').signed).toBe(false);
    for (const word of ['signature', 'active_manifest', 'manifests', 'claim_signature'])
      expect(JSON.stringify(Object.keys(of(file)))).not.toContain(word);
  });

  it('opens its clip and edits it with a model', () => {
    const { ingredients } = of(file);
    expect(ingredients).toEqual([{ title: 'sea & <sky>.mov', relationship: 'parentOf', label: 'clip-1' }]);
    const { actions } = assertion(file, 'c2pa.actions.v2');
    expect(actions.map(({ action }: { action: string }) => action)).toEqual(['c2pa.opened', 'c2pa.edited']);
    expect(actions[1].digitalSourceType).toBe(`${TERM}compositeWithTrainedAlgorithmicMedia`);
    for (const { parameters } of actions) expect(parameters.ingredientIds).toEqual(['clip-1']);
    expect(assertion(file, 'app.retake.made').takes[0].model.digests).toEqual({ unet: 'aaa', vae: 'bbb' });
  });

  it('of several clips places each; what was made without a clip was created', () => {
    const other = { ...take, id: 'take-2', ofClip: false, clip: { name: 'b.mov', fingerprint: null } };
    const both: MadeFile = { ...file, takes: [take, other] };
    const { actions } = assertion(both, 'c2pa.actions.v2');
    expect(actions.map(({ action }: { action: string }) => action)).toEqual([
      'c2pa.placed',
      'c2pa.placed',
      'c2pa.edited',
      'c2pa.created',
    ]);
    expect(sourceTypeOf(both)).toBe(`${TERM}compositeWithTrainedAlgorithmicMedia`);
    expect(sourceTypeOf({ takes: [other] })).toBe(`${TERM}trainedAlgorithmicMedia`);
  });

  it('tells prompts only where they are given', () => {
    expect(assertion(file, 'app.retake.prompts')).toBeUndefined();
    expect(assertion(telling, 'app.retake.prompts').prompts).toEqual([{ take: 'take-1', ...words }]);
    expect(JSON.stringify(of(file))).not.toMatch(/calm|storm|boats/);
  });
});

const xmllint = (() => {
  try {
    execFileSync('xmllint', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

it.skipIf(!xmllint)('is XML with namespaces to another reader too', () => {
  for (const made of [file, telling])
    expect(execFileSync('xmllint', ['--noout', '-'], { input: xmpOf(made), encoding: 'utf8' })).toBe('');
});
