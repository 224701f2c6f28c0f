/** What the inspector asks for: the settings of a shot as they are declared, and among them its method's own parameters. */
import type { MethodInfo } from '../../common/contract/machine.ts';
import type { Shot } from '../../common/project/document.ts';
import { type Catalogue, type Grouped, type Placed, sameValue } from '../../common/settings/catalogue.ts';
import { FOLDS, foldOf, TOP } from '../../common/settings/folds.ts';
import { nameOf } from '../words.ts';
import { type ParameterControl, parametersOf } from './parameters.ts';

export type Control =
  | ParameterControl
  | { readonly kind: 'prompt'; readonly rows: number; readonly length: number | null }
  | { readonly kind: 'seed'; readonly min: number | null; readonly max: number | null }
  | {
      readonly kind: 'size';
      readonly min: number | null;
      readonly max: number | null;
      readonly step: number;
    }
  | { readonly kind: 'anchor' }
  | { readonly kind: 'share' }
  | { readonly kind: 'method' }
  | { readonly kind: 'solver' }
  | { readonly kind: 'file-list'; readonly what: string; readonly library?: string; readonly pictures?: true }
  | { readonly kind: 'loras'; readonly low: number; readonly high: number; readonly step: number }
  | { readonly kind: 'estimator'; readonly role: 'flow' | 'interpolator' | 'image-text' }
  | { readonly kind: 'mask' }
  | { readonly kind: 'controls' }
  | { readonly kind: 'pictures' };

/** Where the document keeps it. */
type Place =
  | { readonly kind: 'setting'; readonly group: string; readonly key: string }
  | { readonly kind: 'parameter'; readonly method: string; readonly key: string }
  | { readonly kind: 'anchor' };

export interface FormField {
  readonly path: string;
  readonly label: string;
  /** The paper's word, for the tooltip; null where it is the same. */
  readonly term: string | null;
  readonly help: string;
  /** Of a parameter; a setting's is the model's to say. */
  readonly default: unknown;
  readonly control: Control;
  readonly place: Place;
  /** The method does nothing with it. */
  readonly idle?: true;
}

export interface FormGroup {
  readonly id: string;
  readonly name: string;
  readonly fields: readonly FormField[];
}

export interface Form {
  /** What every render asks for. */
  readonly top: readonly FormField[];
  /** Those that have fields; of groups that are in none of FOLDS, after them. */
  readonly folds: readonly FormGroup[];
}

/** @param method that all chosen shots have; null where they have several, or it is not known */
export function formOf({ fields }: Pick<Catalogue, 'fields'>, method: MethodInfo | null): Form {
  const names = new Map<string, string>(FOLDS.map(({ id, name }) => [id, name]));
  const parts = new Map<string, FormField[]>([TOP, ...names.keys()].map((id) => [id, []]));
  for (const one of fields) {
    const id = foldOf(one);
    parts.set(id, [...(parts.get(id) ?? []), ...fieldsFor(one, method)]);
  }
  const { [TOP]: top = [], ...others } = Object.fromEntries(parts);
  const isFiner = new Set(fields.filter(({ finer }) => finer).map(({ path }) => path));
  const folds = Object.entries(others).map(([id, members]) => ({
    id,
    name: names.get(id) ?? nameOf(id),
    // Those for who knows what they are come last.
    fields: members.toSorted((a, b) => Number(isFiner.has(a.path)) - Number(isFiner.has(b.path))),
  }));
  return { top, folds: folds.filter((one) => one.fields.length > 0) };
}

function fieldsFor(field: Placed, method: MethodInfo | null): readonly FormField[] {
  const { path, label, term = null, help, limits } = field;
  const place = placeOf(field);
  if (!place) return [];
  if (field.widget.kind === 'parameters') return method ? parameterFields(method, path) : [];
  const control = controlOf(field);
  if (!control) return [];
  const isIdle = field.only !== undefined && method !== null && !method[field.only];
  return [
    { path, label, term, help, default: limits.default, control, place, ...(isIdle && { idle: true }) },
  ];
}

/** Null for what a shot has from its clip or its project, which ask for it themselves. */
function placeOf({ group, key, scope, widget }: Placed): Place | null {
  if (scope !== 'request') return { kind: 'setting', group, key };
  return widget.kind === 'frame' ? { kind: 'anchor' } : null;
}

function controlOf({ widget, limits }: Placed): Control | null {
  const { min, max } = limits;
  switch (widget.kind) {
    case 'slider':
      return {
        kind: 'number',
        min,
        max,
        end: widget.end ?? max,
        step: widget.step,
        integer: limits.kind === 'integer',
      };
    case 'choice': {
      const named = widget.options ?? limits.choices?.map((id) => ({ id, name: nameOf(id) })) ?? [];
      return { kind: 'choice', options: named.map(({ id, ...rest }) => ({ value: id, ...rest })) };
    }
    case 'text':
      return { kind: 'text', accepts: ['text'], empty: limits.nullable ? null : '' };
    case 'prompt':
      return { kind: 'prompt', rows: widget.rows, length: limits.length };
    case 'seed':
      return { kind: 'seed', min, max };
    case 'size':
      return { kind: 'size', min, max, step: widget.step };
    case 'frame':
      return { kind: 'anchor' };
    case 'file-list':
    case 'loras':
    case 'estimator':
      return widget;
    case 'share':
    case 'switch':
    case 'method':
    case 'solver':
    case 'mask':
    case 'controls':
    case 'pictures':
      return { kind: widget.kind };
    // No shot has these.
    default:
      return null;
  }
}

function parameterFields({ id, params }: MethodInfo, path: string): readonly FormField[] {
  return parametersOf(params).map(({ key, ...rest }) => ({
    ...rest,
    path: `${path}.${key}`,
    place: { kind: 'parameter', method: id, key },
  }));
}

/** What a field shows of a shot. */
export function shownIn({ place, default: standard }: FormField, shot: Shot): unknown {
  if (place.kind === 'anchor') return shot.leadAnchor;
  if (place.kind === 'parameter') return shot.settings.method.params[place.key] ?? standard;
  return (shot.settings as Grouped)[place.group]?.[place.key];
}

/** What Reset gives back; undefined where there is nothing to go back to. */
export function fallbackOf({ place, default: standard }: FormField, model: Grouped): unknown {
  if (place.kind === 'anchor') return undefined;
  return place.kind === 'parameter' ? standard : model[place.group]?.[place.key];
}

/** Those that are not as usual in one of the shots. */
export function changedIn(
  fields: readonly FormField[],
  shots: readonly Shot[],
  model: Grouped,
): readonly FormField[] {
  return fields.filter((field) => {
    const usual = fallbackOf(field, model);
    return usual !== undefined && shots.some((shot) => !sameValue(shownIn(field, shot), usual));
  });
}

export function differIn(field: FormField, shots: readonly Shot[]): boolean {
  const [first, ...others] = shots.map((shot) => shownIn(field, shot));
  return others.some((one) => !sameValue(one, first));
}
