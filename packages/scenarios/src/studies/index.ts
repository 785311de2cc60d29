export * from './busbw-score.js';
export * from './cluster-study.js';
export * from './collective-table.js';
export * from './collective-words.js';
export * from './inspect.js';
export * from './published/index.js';
export * from './replay.js';
export * from './scaling-points.js';
