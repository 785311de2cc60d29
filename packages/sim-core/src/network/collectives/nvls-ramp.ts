import { ncclTables } from './nccl-tables.js';

/** What chunking adds to in-switch reduction: seconds before the first byte counts, and the share of the bandwidth reached. */
export interface NvlsRamp {
  readonly fillSeconds: number;
  readonly efficiency: number;
}

/** Chunk sizes with the messages from which they are used, in loops over all channels and heads (NCCL src/enqueue.cc). */
const smallerChunks = [
  { chunkBytes: 65536, loops: 64 },
  { chunkBytes: 32768, loops: 8 },
  { chunkBytes: 16384, loops: 2 },
] as const;

/** Chunk of a message, and from which size of message on the next larger chunk is used. */
function chunkOf(
  bytes: number,
  lanes: number,
  maxChunkBytes: number,
): { chunkBytes: number; next?: { chunkBytes: number; fromBytes: number } } {
  let chunkBytes = maxChunkBytes;
  let next: { chunkBytes: number; fromBytes: number } | undefined;
  for (const smaller of smallerChunks) {
    if (smaller.chunkBytes >= chunkBytes) continue;
    const fromBytes = smaller.loops * lanes * chunkBytes;
    if (bytes >= fromBytes) break;
    next = { chunkBytes, fromBytes };
    chunkBytes = smaller.chunkBytes;
  }
  return { chunkBytes, ...(next ? { next } : {}) };
}

/**
 * Chunked pipeline of in-switch reduction. Each channel works through chunks of each head (member); a chunk's handshake takes
 * one planned Simple hop, so that small chunks reach less of the bandwidth, and the stages before the last have to fill
 * once. Chunks grow with the message as in NCCL; just below a size at which they grow a message takes no more time than at it,
 * so that time never falls as bytes grow.
 * @param lanes Channels times heads.
 * @param bytesPerSecond Rate of S with endless chunks.
 * @param stages Stages of the pipeline beside the one that reduces: 2 in a node (scatter, gather), 4 over the network.
 */
export function nvlsRamp(
  bytes: number,
  lanes: number,
  bytesPerSecond: number,
  stages: number,
  maxChunkBytes: number,
): NvlsRamp {
  const handshakeSeconds = ncclTables.scaleUp.ring[2] * 1e-6;
  const lostBytes = (handshakeSeconds * bytesPerSecond) / lanes;
  const at = (size: number, chunkBytes: number): NvlsRamp => ({
    fillSeconds: (stages * Math.min(size, lanes * chunkBytes)) / bytesPerSecond,
    efficiency: chunkBytes / (chunkBytes + lostBytes),
  });
  const total = (size: number, { fillSeconds, efficiency }: NvlsRamp): number =>
    fillSeconds + size / (bytesPerSecond * efficiency);
  const { chunkBytes, next } = chunkOf(bytes, lanes, maxChunkBytes);
  const ramp = at(bytes, chunkBytes);
  if (!next) return ramp;
  const most = total(next.fromBytes, at(next.fromBytes, next.chunkBytes));
  if (total(bytes, ramp) <= most) return ramp;
  return { ...ramp, efficiency: bytes / (bytesPerSecond * (most - ramp.fillSeconds)) };
}
