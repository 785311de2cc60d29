export * from './published-file.js';
export * from './row-job.js';
export * from './score.js';
