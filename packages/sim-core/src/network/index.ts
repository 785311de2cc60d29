export * from './collectives/index.js';
export * from './fluid/index.js';
