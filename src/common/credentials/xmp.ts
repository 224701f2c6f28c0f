/**
 * Extensible Metadata Platform (ISO 16684-1), with the properties of the IPTC (2025.1) for what was made with a model. As a file
 * beside, or as a packet within a file.
 */
import { type Element, element, writeXml } from '../interchange/xml.ts';
import { clipsOf, type MadeFile, type MadeTake, sourceTypeOf } from './facts.ts';

const NAMESPACES = {
  'xmlns:dc': 'http://purl.org/dc/elements/1.1/',
  'xmlns:xmp': 'http://ns.adobe.com/xap/1.0/',
  'xmlns:xmpMM': 'http://ns.adobe.com/xap/1.0/mm/',
  'xmlns:stEvt': 'http://ns.adobe.com/xap/1.0/sType/ResourceEvent#',
  'xmlns:stRef': 'http://ns.adobe.com/xap/1.0/sType/ResourceRef#',
  'xmlns:Iptc4xmpExt': 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/',
} as const;

export function xmpOf(file: MadeFile): string {
  return writeXml(metaOf(file));
}

const RESOURCE = { 'rdf:parseType': 'Resource' } as const;
const list = (kind: 'Alt' | 'Seq' | 'Bag', ...items: Element[]) => element(`rdf:${kind}`, {}, ...items);
const item = (attributes: Readonly<Record<string, string>>, ...children: (Element | string)[]) =>
  element('rdf:li', attributes, ...children);

function metaOf({ name, format, takes, fingerprint }: MadeFile): Element {
  const [first] = takes;
  const models = [...new Set(takes.map(({ model }) => model.name))].join(', ');
  const prompts = [...new Set(takes.flatMap((take) => wordsOf(take)))].join('\n');
  const versions = [...new Set(takes.flatMap(({ retake }) => (retake === null ? [] : [retake])))].join(', ');
  const made = takes.map((take) => take.made).sort();
  return element(
    'x:xmpmeta',
    { 'xmlns:x': 'adobe:ns:meta/' },
    element(
      'rdf:RDF',
      { 'xmlns:rdf': 'http://www.w3.org/1999/02/22-rdf-syntax-ns#' },
      element(
        'rdf:Description',
        { 'rdf:about': '', ...NAMESPACES },
        element('dc:format', {}, format),
        element('dc:title', {}, list('Alt', item({ 'xml:lang': 'x-default' }, name))),
        element('xmp:CreatorTool', {}, `Retake ${first?.retake ?? ''}`.trim()),
        element('xmp:CreateDate', {}, made.at(-1)),
        element('Iptc4xmpExt:DigitalSourceType', {}, sourceTypeOf({ takes })),
        element('Iptc4xmpExt:AISystemUsed', {}, `Retake, ${models}`),
        versions !== '' && element('Iptc4xmpExt:AISystemVersionUsed', {}, versions),
        prompts !== '' && element('Iptc4xmpExt:AIPromptInformation', {}, prompts),
        fingerprint && element('xmpMM:InstanceID', {}, idOf(fingerprint)),
        ...clipsOf({ takes })
          .slice(0, 1)
          .map(({ name: clip, fingerprint: of }) =>
            element(
              'xmpMM:DerivedFrom',
              RESOURCE,
              element('stRef:filePath', {}, clip),
              of && element('stRef:instanceID', {}, idOf(of)),
            ),
          ),
        element(
          'xmpMM:Ingredients',
          {},
          list(
            'Bag',
            ...clipsOf({ takes }).map(({ name: clip, fingerprint: of }) =>
              item(
                RESOURCE,
                element('stRef:filePath', {}, clip),
                ...(of ? [element('stRef:instanceID', {}, idOf(of))] : []),
              ),
            ),
          ),
        ),
        element('xmpMM:History', {}, list('Seq', ...takes.map((take) => item(RESOURCE, ...eventOf(take))))),
      ),
    ),
  );
}

function eventOf(take: MadeTake): Element[] {
  const { model, method, added, clip } = take;
  const digests = Object.entries({ ...model.digests, ...added }).map(
    ([part, digest]) => `${part} sha256 ${digest}`,
  );
  return [
    element('stEvt:action', {}, take.ofClip ? 'edited' : 'created'),
    element('stEvt:when', {}, take.made),
    element('stEvt:softwareAgent', {}, `Retake ${take.retake ?? ''}`.trim()),
    element(
      'stEvt:parameters',
      {},
      [`take ${take.name} of ${clip.name}`, `model ${model.name}`, `method ${method}`, ...digests].join('; '),
    ),
  ];
}

function wordsOf({ prompts }: MadeTake): string[] {
  if (!prompts) return [];
  const { source, target, negative } = prompts;
  return [
    ...(source === '' ? [] : [`Shows: ${source}`]),
    ...(target === '' ? [] : [`Shall show: ${target}`]),
    ...(negative === '' ? [] : [`Not: ${negative}`]),
  ];
}

/** Not the digest of all of it: see Fingerprint. */
const idOf = ({ bytes, digest }: NonNullable<MadeFile['fingerprint']>) => `retake:ends:${bytes}:${digest}`;
