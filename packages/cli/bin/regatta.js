#!/usr/bin/env node
import { main, reportBug } from '../dist/bundle/main.js';

const argv = process.argv.slice(2);
for (const stream of [process.stdout, process.stderr]) {
  // Whoever read has gone: there is nobody to tell.
  stream.on('error', (error) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    throw error;
  });
}
process.on('uncaughtException', async (error) => process.exit(await reportBug(error, argv)));
process.exitCode = await main(argv);
// After a bug something may still be waiting, for ever.
if (process.exitCode === 3) process.exit();
