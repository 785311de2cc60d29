#!/usr/bin/env -S node --v8-pool-size=0
// 0 is as many threads for V8's compilers and collectors as there are cores beside the main thread's; Node's own choice, four
// everywhere, crowds that thread out where cores are few (docs/performance.md).
// A CommonJS module, as the bundle is: Node starts it sooner and with less memory.
const { main, reportBug } = require('../dist/bundle/main.js');

const argv = process.argv.slice(2);
process.on('uncaughtException', async (error) => process.exit(await reportBug(error, argv)));
main(argv).then((code) => {
  process.exitCode = code;
  // After a bug something may still be waiting, for ever.
  if (code === 3) process.exit();
});
