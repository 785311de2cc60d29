export * from './flow-case.js';
export * from './flow-columns.js';
export * from './fluid-network.js';
