export * from './loss-causes.js';
