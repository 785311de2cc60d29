import { byHeader, delimitedRows, numberOf } from './delimited-rows.js';
import type { JobTrace, TraceOptions } from './job-trace.js';
import { TraceBuilder } from './trace-builder.js';

/**
 * Reads the pod list of Alibaba's cluster-trace-gpu-v2023. A pod runs from scheduled to deletion time; pods that were never
 * scheduled are bad rows, pods without a GPU too; a fraction of a GPU takes a whole one. QoS classes are tenants.
 */
export function readAlibabaPods(text: string, options: TraceOptions = {}): JobTrace {
  const builder = new TraceBuilder('alibaba-2023', options);
  const [header, ...rows] = delimitedRows(text, ',');
  for (const row of rows) {
    const pod = byHeader(header?.cells ?? [], row);
    const id = pod.name ?? '';
    const gpus = numberOf(pod.num_gpu);
    if (gpus === 0) builder.reject(row.line, 'asks for 0 GPUs', id);
    else if (pod.scheduled_time === '') builder.reject(row.line, 'was never scheduled: it has no run time', id);
    else {
      const submitSeconds = numberOf(pod.creation_time);
      const runSeconds = numberOf(pod.deletion_time) - numberOf(pod.scheduled_time);
      if (numberOf(pod.gpu_milli) < 1000) builder.remark('a fraction of a GPU takes a whole one');
      builder.remark('no estimate: the run time is taken');
      builder.add(
        {
          id,
          submitSeconds,
          gpus,
          runSeconds,
          estimateSeconds: runSeconds,
          ...(pod.qos ? { tenant: pod.qos } : {}),
          ...(pod.pod_phase === 'Failed' ? { ending: 'failed' as const } : {}),
          cpus: numberOf(pod.cpu_milli) / 1000,
          memoryBytes: numberOf(pod.memory_mib) * 2 ** 20,
        },
        row.line,
      );
    }
  }
  return builder.finish();
}
