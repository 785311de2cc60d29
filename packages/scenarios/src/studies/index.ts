export * from './inspect.js';
export * from './published/index.js';
export * from './replay.js';
export * from './scaling-points.js';
