export * from './replay.js';
export * from './scaling-points.js';
