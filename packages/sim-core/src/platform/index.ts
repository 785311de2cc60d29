export * from './clos-aggregates.js';
export * from './clos-shape.js';
export * from './cluster.js';
export * from './device.js';
export * from './placement.js';
