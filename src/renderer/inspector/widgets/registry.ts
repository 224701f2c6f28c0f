/** Every widget by the kind of control that it draws. */
import type { ComponentType } from 'react';
import type { Control } from '../form-model.ts';
import { AnchorWidget } from './AnchorWidget.tsx';
import { ChoiceWidget } from './ChoiceWidget.tsx';
import { ControlsWidget } from './ControlsWidget.tsx';
import { EstimatorWidget } from './EstimatorWidget.tsx';
import { FileListWidget } from './FileListWidget.tsx';
import { LorasWidget } from './LorasWidget.tsx';
import { MaskWidget } from './MaskWidget.tsx';
import { MethodWidget } from './MethodWidget.tsx';
import { NumberWidget } from './NumberWidget.tsx';
import { PicturesWidget } from './PicturesWidget.tsx';
import { PromptWidget } from './PromptWidget.tsx';
import { SeedWidget } from './SeedWidget.tsx';
import { ShareWidget } from './ShareWidget.tsx';
import { SizeWidget } from './SizeWidget.tsx';
import { SolverWidget } from './SolverWidget.tsx';
import { SwitchWidget } from './SwitchWidget.tsx';
import { TextWidget } from './TextWidget.tsx';
import type { Shots, WidgetProps } from './widget.ts';

const WIDGETS: { readonly [Kind in Control['kind']]: ComponentType<WidgetProps<Kind>> } = {
  number: NumberWidget,
  choice: ChoiceWidget,
  switch: SwitchWidget,
  text: TextWidget,
  prompt: PromptWidget,
  seed: SeedWidget,
  size: SizeWidget,
  share: ShareWidget,
  solver: SolverWidget,
  method: MethodWidget,
  anchor: AnchorWidget,
  'file-list': FileListWidget,
  loras: LorasWidget,
  estimator: EstimatorWidget,
  mask: MaskWidget,
  controls: ControlsWidget,
  pictures: PicturesWidget,
};

export function widgetFor({ kind }: Control): ComponentType<WidgetProps & Shots> {
  // Each draws the control of the kind under which it is filed.
  return WIDGETS[kind] as ComponentType<WidgetProps & Shots>;
}
