export * from './flow-case.js';
export * from './flow-pieces.js';
