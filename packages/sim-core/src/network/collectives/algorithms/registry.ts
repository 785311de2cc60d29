import type { AlgorithmName } from '../types.js';
import type { CollectiveAlgorithm } from './algorithm.js';
import { pairwise, posted } from './all-to-all.js';
import { halvingDoubling } from './halving-doubling.js';
import { hierarchical, hierarchicalAllToAll } from './hierarchical.js';
import { nvls, sharp } from './in-switch.js';
import { pat } from './pat.js';
import { recursiveDoubling } from './recursive-doubling.js';
import { ring } from './ring.js';
import { tree } from './tree.js';

/** The algorithm of a name; those of two levels run on domains of `local` members (default 1). Undefined: composed by NCCL only. */
export function collectiveAlgorithm(name: AlgorithmName, local = 1): CollectiveAlgorithm | undefined {
  switch (name) {
    case 'ring':
      return ring;
    case 'tree':
      return tree;
    case 'halving-doubling':
      return halvingDoubling;
    case 'recursive-doubling':
      return recursiveDoubling;
    case 'hierarchical':
      return hierarchical(local);
    case 'nvls':
      return nvls;
    case 'sharp':
      return sharp;
    case 'pairwise':
      return pairwise;
    case 'posted':
      return posted;
    case 'hierarchical-all-to-all':
      return hierarchicalAllToAll(local);
    case 'pat':
      return pat;
    case 'nvls-tree':
      return undefined;
  }
}
