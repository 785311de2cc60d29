export * from './layer-operators.js';
export * from './operator.js';
