export {
  type CollectiveAlgorithm,
  inSwitch,
  type Step as CollectiveStep,
  type Transfer as CollectiveTransfer,
  type UniformLink,
} from './algorithm.js';
export type { TwoLevels } from './hierarchical.js';
export { collectiveAlgorithm } from './registry.js';
export { doubleBinaryTree } from './tree.js';
