export * from './loss-causes.js';
export * from './scaling.js';
