import type { Proof } from './proof.ts';

const x = { x: [2, 3, 4] };

export const SOFTMAX: readonly Proof[] = [
  { name: 'Softmax of the last axis', x, body: 'y = Softmax(x)' },
  { name: 'Softmax of a middle axis', x, body: 'y = Softmax<axis = 1>(x)' },
  { name: 'Softmax of an axis from behind', x, body: 'y = Softmax<axis = -3>(x)' },
  { name: 'Softmax of operator set 11', x, opset: 11, body: 'y = Softmax(x)' },
  { name: 'Softmax of operator set 11 from an axis on', x, opset: 11, body: 'y = Softmax<axis = 2>(x)' },
  { name: 'Softmax of operator set 11 from behind', x, opset: 11, body: 'y = Softmax<axis = -2>(x)' },
  { name: 'LogSoftmax', x, body: 'y = LogSoftmax(x)' },
  { name: 'LogSoftmax of an axis', x, body: 'y = LogSoftmax<axis = 0>(x)' },
  { name: 'LogSoftmax of operator set 11', x, opset: 11, body: 'y = LogSoftmax<axis = 1>(x)' },
];
