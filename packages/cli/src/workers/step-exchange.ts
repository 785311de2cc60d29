import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { SimulatedSteps, StepExchange } from '@regatta/scenarios';

/** For each of so many threads its ends of lines to all others. */
export function linesBetween(threads: number): readonly (readonly MessagePort[])[] {
  const ends = Array.from({ length: threads }, (): MessagePort[] => []);
  ends.forEach((own, thread) => {
    for (const other of ends.slice(thread + 1)) {
      const { port1, port2 } = new MessageChannel();
      own.push(port1);
      other.push(port2);
    }
  });
  return ends;
}

/** What is heard in the middle of a trial too: heard between blocks only, much of what one simulates another would simulate again. */
export function exchangeWith(peers: readonly MessagePort[]): StepExchange {
  return {
    tell(steps) {
      for (const peer of peers) peer.postMessage(steps);
    },
    *hear() {
      for (const peer of peers) {
        for (let told = receiveMessageOnPort(peer); told; told = receiveMessageOnPort(peer)) {
          const steps: SimulatedSteps = told.message;
          yield steps;
        }
      }
    },
  };
}
