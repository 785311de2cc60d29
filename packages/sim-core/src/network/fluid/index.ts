export * from './flow-case.js';
export * from './fluid-network.js';
