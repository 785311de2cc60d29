export * from './placement-map.js';
export * from './plan.js';
export * from './rank-blocks.js';
export * from './rank-grid.js';
export * from './refinement.js';
export * from './shared-zones.js';
