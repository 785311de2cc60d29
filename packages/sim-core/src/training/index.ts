export * from './job.js';
export * from './model.js';
export * from './report.js';
