export * from './expected-step.js';
export * from './memory-score.js';
export * from './published-file.js';
export * from './read-published.js';
export * from './row-job.js';
export * from './row-practice.js';
export * from './score.js';
export * from './summary.js';
