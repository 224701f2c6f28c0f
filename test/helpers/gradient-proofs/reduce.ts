import type { Proof } from './proof.ts';

const x = { x: [2, 3, 4] };

export const REDUCE: readonly Proof[] = [
  { name: 'ReduceSum', x, body: 'int64[1] axes = {-1}\ny = ReduceSum<keepdims = 0>(x, axes)' },
  { name: 'ReduceSum of all', x, body: 'y = ReduceSum(x)' },
  { name: 'ReduceSum of none', x, body: 'y = ReduceSum<noop_with_empty_axes = 1>(x)' },
  { name: 'ReduceSum of operator set 11', x, opset: 11, body: 'y = ReduceSum<axes = [0, 2]>(x)' },
  { name: 'ReduceMean', x, body: 'y = ReduceMean<axes = [-1, 0], keepdims = 0>(x)' },
  {
    name: 'ReduceMean of operator set 18',
    x,
    opset: 18,
    body: 'int64[1] axes = {1}\ny = ReduceMean(x, axes)',
  },
  { name: 'ReduceMax', x, body: 'y = ReduceMax<axes = [1]>(x)' },
  { name: 'ReduceMin', x, body: 'y = ReduceMin<axes = [-1], keepdims = 0>(x)' },
  { name: 'ReduceSumSquare', x, body: 'y = ReduceSumSquare<axes = [1]>(x)' },
  { name: 'ReduceL2', x, body: 'y = ReduceL2<axes = [-1]>(x)' },
  { name: 'ReduceLogSumExp', x, body: 'y = ReduceLogSumExp<axes = [2]>(x)' },
];
