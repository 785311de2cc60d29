export { defaultLengths } from './application-lengths.js';
export { jobFields } from './job-fields.js';
export type { ApplicationLength, JobTrace, RejectedRow, TraceFormat, TraceOptions } from './job-trace.js';
export { readTrace, traceFormats } from './read-trace.js';
export * from './schedule-case.js';
export * from './trace-window.js';
export * from './write-jobs.js';
