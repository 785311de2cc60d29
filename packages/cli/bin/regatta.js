#!/usr/bin/env node
// A CommonJS module, as the bundle is: Node starts it sooner and with less memory.
const { main, reportBug } = require('../dist/bundle/main.js');

const argv = process.argv.slice(2);
process.on('uncaughtException', async (error) => process.exit(await reportBug(error, argv)));
main(argv).then((code) => {
  process.exitCode = code;
  // After a bug something may still be waiting, for ever.
  if (code === 3) process.exit();
});
