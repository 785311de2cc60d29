/** Says that it is a FIFO and lets small jobs pass: what `regatta check` finds. */
import { firstFit } from '@regatta/sim-core';

export default { ...firstFit, name: 'leaky-fifo', claims: { fifoOrder: true } };
