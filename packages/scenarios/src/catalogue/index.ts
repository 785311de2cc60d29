export * from './clusters.js';
export * from './devices.js';
export * from './failure-profiles.js';
export * from './listing.js';
export * from './lookup.js';
export * from './models.js';
export * from './scenarios.js';
export * from './stacks.js';
