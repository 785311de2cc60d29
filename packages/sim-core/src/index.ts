export * from './kernel/index.js';
export * from './metrics/index.js';
export * from './network/index.js';
export * from './platform/index.js';
export * from './reliability/index.js';
export * from './scheduling/index.js';
export * from './training/index.js';
