import { inMxf } from './dnxhr.ts';
import { dnxhrLb } from './dnxhr-lb.ts';

export const dnxhrLbMxf = inMxf(dnxhrLb);
