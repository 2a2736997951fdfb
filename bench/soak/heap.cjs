// Preloaded into the agent under soak: at SIGUSR2 collects garbage and writes what is left into the file named by
// KSMPILOT_SOAK_HEAP, as bytes. Needs --expose-gc. Without it nobody could tell a leak from garbage that lies about.
'use strict';
const process = require('node:process');
const { writeFileSync, renameSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

const path = process.env.KSMPILOT_SOAK_HEAP;
if (path !== undefined && isMainThread) {
  process.on('SIGUSR2', () => {
    global.gc();
    writeFileSync(`${path}.new`, String(process.memoryUsage().heapUsed));
    renameSync(`${path}.new`, path);
  });
}
