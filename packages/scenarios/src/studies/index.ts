export * from './inspect.js';
export * from './replay.js';
export * from './scaling-points.js';
