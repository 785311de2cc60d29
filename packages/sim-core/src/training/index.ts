export * from './job.js';
export * from './model.js';
export * from './plan/index.js';
export * from './report.js';
