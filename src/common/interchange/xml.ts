/** XML as a tree, and the doors to the libraries that write and read it. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { create } from 'xmlbuilder2';
import { AppError } from '../errors.ts';

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (Element | string)[];
}

type Attributes = Readonly<Record<string, string | number | null | undefined>>;
type Child = Element | string | number | null | undefined | false;

/** Attributes and children that are null or undefined are left out. */
export function element(name: string, attributes: Attributes = {}, ...children: Child[]): Element {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [[key, clean(`${value}`)]],
  );
  return {
    name,
    attributes: Object.fromEntries(given),
    children: children.flatMap((child) => {
      if (child === null || child === undefined || child === false) return [];
      return [typeof child === 'object' ? child : clean(`${child}`)];
    }),
  };
}

/** Characters that XML 1.0 has no way to hold. */
const UNHELD = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
const clean = (text: string) => text.replace(UNHELD, '');

/** @param doctype the name of the root's document type, where the format wants one */
export function writeXml(root: Element, doctype?: string): string {
  const document = create({ version: '1.0', encoding: 'UTF-8' });
  if (doctype !== undefined) document.dtd({ name: doctype });
  put(document, root);
  return `${document.end({ prettyPrint: true })}\n`;
}

/** The library leaves alone what looks like an entity, so that a text could not say one. */
const literal = (text: string) => text.replaceAll('&', '&amp;');

type Builder = ReturnType<typeof create>;

function put(parent: Builder, { name, attributes, children }: Element): void {
  const own = parent.ele(
    name,
    Object.fromEntries(
      Object.entries(attributes).map(([key, value]) => [key, literal(value).replace(/\n/g, '&#10;')]),
    ),
  );
  for (const child of children) {
    if (typeof child === 'string') own.txt(literal(child));
    else put(own, child);
  }
}

/** Enough for the timeline of a feature film. */
const MOST_CHARACTERS = 200_000_000;
const TEXT = '#text';
const ATTRIBUTES = ':@';

/** The root. @throws AppError usage for what is no XML, or declares entities of its own */
export function readXml(text: string, doing: string, hint: string): Element {
  const plain = text.replace(/^\uFEFF/, '');
  const refuse = (why: string, cause?: unknown) => new AppError('usage', why, { doing, hint, cause });
  if (plain.length > MOST_CHARACTERS) throw refuse('the file is too large for a timeline');
  // A few lines of them can stand for gigabytes.
  if (/<!ENTITY/i.test(plain)) throw refuse('the file declares entities of its own');
  const valid = XMLValidator.validate(plain, { allowBooleanAttributes: false });
  if (valid !== true) throw refuse(`line ${valid.err.line} is no XML: ${valid.err.msg}`);
  try {
    const parser = new XMLParser({
      preserveOrder: true,
      ignoreAttributes: false,
      attributeNamePrefix: '',
      parseTagValue: false,
      parseAttributeValue: false,
      trimValues: false,
      ignoreDeclaration: true,
      ignorePiTags: true,
      // Numbers of characters too.
      htmlEntities: true,
      cdataPropName: TEXT,
      textNodeName: TEXT,
    });
    const [root] = (parser.parse(plain) as Parsed[]).flatMap(elementOf);
    if (root === undefined || typeof root === 'string') throw refuse('the file holds nothing');
    return root;
  } catch (error) {
    throw error instanceof AppError ? error : refuse('the file cannot be read as XML', error);
  }
}

type Parsed = Readonly<Record<string, unknown>>;

function elementOf(node: Parsed): (Element | string)[] {
  const [name] = Object.keys(node).filter((key) => key !== ATTRIBUTES);
  if (name === undefined) return [];
  const value = node[name];
  if (name === TEXT) return [textOf(value)].filter((text) => text.trim() !== '');
  return [
    {
      name,
      attributes: { ...(node[ATTRIBUTES] as Record<string, string> | undefined) },
      children: Array.isArray(value) ? (value as Parsed[]).flatMap(elementOf) : [],
    },
  ];
}

/** CDATA comes as a list of texts. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map((one: Parsed) => textOf(one[TEXT])).join('');
  return `${value ?? ''}`;
}

export function elementsOf({ children }: Element, name?: string): Element[] {
  return children.filter(
    (child): child is Element => typeof child === 'object' && (name === undefined || child.name === name),
  );
}

export function childOf(parent: Element | undefined, ...path: readonly string[]): Element | undefined {
  let at = parent;
  for (const name of path) at = at && elementsOf(at, name)[0];
  return at;
}

/** The text of an element, or of one below it; undefined where it is not there. */
export function textIn(parent: Element | undefined, ...path: readonly string[]): string | undefined {
  const found = childOf(parent, ...path);
  return found?.children
    .filter((child) => typeof child === 'string')
    .join('')
    .trim();
}

/** Every element below, itself first. */
export function* everyElement(root: Element): Generator<Element> {
  yield root;
  for (const child of elementsOf(root)) yield* everyElement(child);
}
