export * from './collective-cost.js';
export * from './nccl-choice.js';
export * from './nccl-tables.js';
export * from './types.js';
