/**
 * Other tools' recorded runs (reference/performance) beside the same work here: Calculon's evaluations as simulated steps,
 * ASTRA-sim's collectives as messages over the fluid network. Their wall times are of another machine of two cores.
 * Run: `npx --yes pnpm@12 run bench peers`. SimGrid runs beside us in `bench network --simgrid`.
 */
import { cpus } from 'node:os';
import { printAstra } from './peers/astra.js';
import { printCalculon } from './peers/calculon.js';

console.log(`node ${process.version}, ${cpus()[0]?.model ?? ''} x ${cpus().length}`);
printCalculon();
printAstra();
